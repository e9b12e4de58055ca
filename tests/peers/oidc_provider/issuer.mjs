// SPDX-FileCopyrightText: Open Inburgering contributors
// SPDX-License-Identifier: EUPL-1.2
//
// node issuer.mjs PORT SECRET_FILE MODULES
//
// oidc-provider with people, clients and keys that the test names over `/test/…`, under the secret
// in the file. What the issuer does with them is its own: we only draw its sign-in page.
import { generateKeyPairSync, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const [, , port, secretFile, modules] = process.argv;
const { Provider } = await import(pathToFileURL(`${modules}/oidc-provider/lib/index.js`));
const { SignJWT, importJWK } = await import(pathToFileURL(`${modules}/jose/dist/webapi/index.js`));

const secret = Buffer.from(readFileSync(secretFile));
const issuer = `http://127.0.0.1:${port}`;
const audience = 'open-inburgering';
const people = new Map();
const clients = [];
const cookieKey = randomUUID();
let keys = [freshKey()];
let provider = build();

function freshKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'ES256' };
}

// What was handed out stays known: the issuer's store outlives this object.
function build() {
  return new Provider(issuer, {
    clients: structuredClone(clients),
    jwks: { keys: structuredClone(keys) },
    cookies: { keys: [cookieKey] },
    claims: { openid: ['sub'], profile: ['name'] },
    responseTypes: ['code'],
    // It refuses to call loopback, where all of a test is.
    fetch: (url, { dispatcher: _, ...options }) => globalThis.fetch(url, options),
    pkce: { required: () => true },
    // When somebody signed in, in the token for the API too: a renewed one tells the same.
    extraTokenClaims: async (ctx) => {
      const { AuthorizationCode: code, RefreshToken: refresh } = ctx.oidc.entities;
      const at = (refresh ?? code)?.authTime;
      return at === undefined ? undefined : { auth_time: at };
    },
    rotateRefreshToken: true,
    issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['PS256'], idTokenSigningAlgValues: ['ES256'] },
    ttl: { AccessToken: 300, ClientCredentials: 300, IdToken: 300, Session: 36000, Grant: 36000, RefreshToken: 36000, Interaction: 600 },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, name: people.get(id)?.name }) }),
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid profile');
      grant.addResourceScope(`urn:${audience}`, 'openid profile');
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) => {
          ctx.body = `<!doctype html><html lang="nl"><title>Uitloggen</title>${form}
            <button form="op.logoutForm" name="logout" value="yes">Ja, log mij uit</button></html>`;
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, client, oneOf) => oneOf ?? `urn:${audience}`,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource) => ({
          scope: 'openid profile',
          audience: resource.replace(/^urn:/, ''),
          accessTokenTTL: 300,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
}

async function body(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

function mayTest(request) {
  const given = Buffer.from(request.headers['x-test-secret'] ?? '');
  return given.length === secret.length && timingSafeEqual(given, secret);
}

const told = {
  person: ({ login, password, name }) => { people.set(login, { password, name }); },
  client: (metadata) => { clients.push(metadata); provider = build(); },
  rotate: () => { keys = [freshKey(), ...keys]; provider = build(); },
  retire: () => { keys = keys.slice(0, 1); provider = build(); },
  sign: async ({ claims, typ }) => ({
    token: await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: keys[0].kid, typ })
      .sign(await importJWK(keys[0], 'ES256')),
  }),
};

function form(uid, text) {
  return `<!doctype html><html lang="nl"><title>Inloggen</title><p>${text}</p><form method="post" action="/interaction/${uid}">
    <label>Gebruikersnaam <input name="username"></label>
    <label>Wachtwoord <input name="password" type="password"></label><button>Inloggen</button></form></html>`;
}

async function interaction(request, response, uid) {
  const details = await provider.interactionDetails(request, response);
  if (details.prompt.name !== 'login') throw new Error(`unexpected prompt ${details.prompt.name}`);
  if (request.method === 'POST') {
    const given = new URLSearchParams(await body(request));
    const person = people.get(given.get('username'));
    if (person !== undefined && person.password === given.get('password')) {
      await provider.interactionFinished(request, response, { login: { accountId: given.get('username') } });
      return;
    }
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(form(uid, request.method === 'POST' ? 'Dat klopt niet.' : ''));
}

createServer(async (request, response) => {
  try {
    const [, room, name] = new URL(request.url, issuer).pathname.split('/');
    if (room === 'test' && Object.hasOwn(told, name) && mayTest(request)) {
      const answer = await told[name](JSON.parse((await body(request)) || '{}'));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    } else if (room === 'interaction') {
      await interaction(request, response, name);
    } else {
      await provider.callback()(request, response);
    }
  } catch (fault) {
    console.error(fault.stack);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
}).listen(Number(port), '127.0.0.1');
