{{/*
SPDX-FileCopyrightText: Open Inburgering contributors
SPDX-License-Identifier: EUPL-1.2
*/}}

{{/* Which module a process runs, its prefix of settings, and whether it has a database. */}}
{{- define "process.modules" -}}
gateway: {module: gateway, prefix: GATEWAY}
portal: {module: portal, prefix: PORTAL}
housing: {module: services.housing, prefix: HOUSING}
intake: {module: services.intake, prefix: INTAKE}
learning-routes: {module: services.learning_routes, prefix: LEARNING_ROUTES}
notifications: {module: services.notifications, prefix: NOTIFICATIONS}
{{- end }}

{{/* The names of secret settings of a process; keys of its Secret. The last of notifications may be absent. */}}
{{- define "process.secrets" -}}
gateway: [GATEWAY_DATABASE_URL, GATEWAY_GRANT_PRIVATE_KEY]
portal: [PORTAL_SESSION_KEYS, PORTAL_CLIENT_KEYS]
housing: [HOUSING_DATABASE_URL]
intake: [INTAKE_DATABASE_URL, INTAKE_ENCRYPTION_KEYS, INTAKE_INDEX_KEYS]
learning-routes: [LEARNING_ROUTES_DATABASE_URL]
notifications: [NOTIFICATIONS_DATABASE_URL, NOTIFICATIONS_ENCRYPTION_KEYS, NOTIFICATIONS_SMTP_PASSWORD]
{{- end }}

{{- define "image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end }}

{{- define "labels" -}}
app.kubernetes.io/name: open-inburgering
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Called with (dict "root" $ "name" component). */}}
{{- define "selector" -}}
app.kubernetes.io/name: open-inburgering
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "container.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "pod.security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* Called with (dict "name" variable "secret" Secret): a setting whose value the chart never sees. */}}
{{- define "secret.setting" -}}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .name }}{{ if .optional }}, optional: true{{ end }}}}
{{- end }}

{{/* What is done once is told no key of the platform: it shows nobody a grant and writes no processing log. */}}
{{- define "step.settings" -}}
- {name: OPEN_INBURGERING_ENVIRONMENT, value: production}
{{- end }}

{{- define "platform.plain" -}}
- {name: OPEN_INBURGERING_ENVIRONMENT, value: production}
- {name: OPEN_INBURGERING_PUBLIC_URL, value: {{ .Values.platform.publicUrl | quote }}}
- {name: OPEN_INBURGERING_OIN, value: {{ .Values.platform.oin | quote }}}
- {name: OPEN_INBURGERING_LOG_LEVEL, value: {{ .Values.platform.logLevel }}}
{{- end }}

{{/* With what services and the gateway need beside it; the portal is told neither, since it writes no processing log. */}}
{{- define "platform.settings" -}}
{{ include "platform.plain" . }}
{{ include "secret.setting" (dict "name" "OPEN_INBURGERING_GRANT_PUBLIC_KEY" "secret" .Values.platform.existingSecret) }}
{{ include "secret.setting" (dict "name" "OPEN_INBURGERING_PSEUDONYM_KEY" "secret" .Values.platform.existingSecret) }}
{{- end }}

{{/* Called with (dict "root" $ "name" component); without a name for the step that makes topics. */}}
{{- define "kafka.settings" -}}
{{- $own := "" }}
{{- if and .name .root.Values.kafka.userPerProcess }}{{ $own = printf "-%s" .name }}{{ end }}
{{- with .root.Values.kafka }}
- {name: KAFKA_BOOTSTRAP_SERVERS, value: {{ .bootstrapServers | quote }}}
- {name: KAFKA_SECURITY_PROTOCOL, value: {{ .securityProtocol }}}
- {name: KAFKA_TOPIC_PREFIX, value: {{ .topicPrefix | quote }}}
- {name: KAFKA_REPLICATION, value: {{ .replication | quote }}}
{{- if hasPrefix "SASL" .securityProtocol }}
- {name: KAFKA_SASL_MECHANISM, value: {{ .saslMechanism }}}
- {name: KAFKA_SASL_USERNAME, value: {{ printf "%s%s" .saslUsername $own | quote }}}
{{ include "secret.setting" (dict "name" "KAFKA_SASL_PASSWORD" "secret" (printf "%s%s" .existingSecret $own)) }}
{{- end }}
{{- if .caSecret }}
- {name: KAFKA_SSL_CAFILE, value: /etc/open-inburgering/kafka/ca.crt}
{{- end }}
{{- end }}
{{- end }}

{{- define "kafka.mount" -}}
{{- if .Values.kafka.caSecret }}
- {name: kafka-ca, mountPath: /etc/open-inburgering/kafka, readOnly: true}
{{- end }}
{{- end }}

{{- define "kafka.volume" -}}
{{- if .Values.kafka.caSecret }}
- {name: kafka-ca, secret: {secretName: {{ .Values.kafka.caSecret }}, items: [{key: ca.crt, path: ca.crt}]}}
{{- end }}
{{- end }}

{{/* How processes are called: over TLS, unless a mesh does that. */}}
{{- define "inside.scheme" -}}
{{ ternary "https" "http" .Values.tls.enabled }}
{{- end }}

{{/* Called with (dict "root" $ "name" component "prefix" prefix): with what a process proves itself, and whom it believes. */}}
{{- define "tls.settings" -}}
{{- if .root.Values.tls.enabled }}
- {name: {{ .prefix }}_TLS_CERTIFICATE_FILE, value: /etc/open-inburgering/tls/tls.crt}
- {name: {{ .prefix }}_TLS_KEY_FILE, value: /etc/open-inburgering/tls/tls.key}
{{- if eq .name "gateway" }}
- {name: GATEWAY_UPSTREAM_AUTHORITY_FILE, value: /etc/open-inburgering/tls/ca.crt}
{{- end }}
{{- if eq .name "portal" }}
- {name: PORTAL_GATEWAY_AUTHORITY_FILE, value: /etc/open-inburgering/tls/ca.crt}
{{- end }}
{{- end }}
{{- end }}

{{- define "tls.mount" -}}
{{- if .Values.tls.enabled }}
- {name: tls, mountPath: /etc/open-inburgering/tls, readOnly: true}
{{- end }}
{{- end }}

{{/* Called with (dict "root" $ "name" component). */}}
{{- define "tls.volume" -}}
{{- if .root.Values.tls.enabled }}
- {name: tls, secret: {secretName: {{ .root.Release.Name }}-{{ .name }}-tls, defaultMode: 0440}}
{{- end }}
{{- end }}

{{- define "postgres.mount" -}}
{{- if .Values.postgres.caSecret }}
- {name: postgres-ca, mountPath: /etc/open-inburgering/postgres, readOnly: true}
{{- end }}
{{- end }}

{{- define "postgres.volume" -}}
{{- if .Values.postgres.caSecret }}
- {name: postgres-ca, secret: {secretName: {{ .Values.postgres.caSecret }}, items: [{key: ca.crt, path: ca.crt}]}}
{{- end }}
{{- end }}
