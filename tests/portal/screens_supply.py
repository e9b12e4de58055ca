# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of files, forecasts, sites, projects, the subsidy and the weeks: name, who, address, services, states."""

from tests.portal.fake_housing import OWNER
from tests.portal.fake_subsidies import HOME
from tests.portal.fake_supply import BROKEN, BUSY, ENTRY, FLEX, FORECAST, PROJECT, SITE, TRIAL

HOUSING = "/portal/huisvesting"
FILES, DWELLINGS = f"{HOUSING}/bestand", "/portal/woningen/bestand"
OF_OTHERS = f"{HOUSING}/woningbestand"
TERMS, STOCK = f"{HOUSING}/grote-gezinnen/voorwaarden", f"{HOUSING}/projecten/voorraad"
_HO = ("housing",)
_PAGES = ("filled", "empty", "error", "long")
SUPPLY = (
    ("files", "consulent", FILES, (), ("filled",)),
    ("files-help", "consulent", f"{FILES}/uitleg", (), ("filled",)),
    ("files-trial", "consulent", f"{FILES}/{TRIAL}?bestand=0123&gemeente=1916", _HO, _PAGES),
    ("files-entry", "consulent", f"{FILES}/{ENTRY}", _HO, ("filled", "empty")),
    ("files-busy", "consulent", f"{FILES}/{BUSY}?bestand=0123&gemeente=1916", _HO, ("filled",)),
    ("files-broken", "consulent", f"{FILES}/{BROKEN}", _HO, ("filled",)),
    ("own-files", "corporation", DWELLINGS, (), ("filled",)),
    ("own-files-help", "corporation", f"{DWELLINGS}/uitleg", (), ("filled",)),
    ("own-files-trial", "corporation", f"{DWELLINGS}/{TRIAL}?bestand=0123", _HO, ("filled",)),
    ("files-of-others", "vwn", OF_OTHERS, _HO, ("filled", "empty", "error")),
    ("files-of-others-help", "vwn", f"{OF_OTHERS}/uitleg", (), ("filled",)),
    (
        "files-of-others-trial",
        "vwn",
        f"{OF_OTHERS}/{TRIAL}?bestand=0123&corporatie={OWNER}",
        _HO,
        ("filled",),
    ),
    ("forecasts", "consulent", f"{HOUSING}/prognoses", _HO, _PAGES),
    ("forecasts-province", "province", f"{HOUSING}/prognoses", _HO, ("filled",)),
    ("forecast", "consulent", f"{HOUSING}/prognoses/{FORECAST}", _HO, ("filled", "empty", "long")),
    ("sites", "consulent", f"{HOUSING}/opvang", _HO, _PAGES),
    ("site", "vwn", f"{HOUSING}/opvang/{SITE}", _HO, _PAGES),
    ("site-province", "province", f"{HOUSING}/opvang/{SITE}", _HO, ("filled",)),
    ("site-new", "consulent", f"{HOUSING}/opvang/nieuw", (), ("filled",)),
    ("projects", "consulent", f"{HOUSING}/projecten", _HO, _PAGES),
    ("projects-province", "province", f"{HOUSING}/projecten", _HO, ("filled",)),
    ("project", "consulent", f"{HOUSING}/projecten/{PROJECT}", _HO, ("filled", "long")),
    ("flex-project", "consulent", f"{HOUSING}/projecten/flex/{FLEX}", _HO, ("filled",)),
    ("subsidies", "controller", f"{HOUSING}/grote-gezinnen", _HO, _PAGES),
    ("subsidies-gemeente", "consulent", f"{HOUSING}/grote-gezinnen", _HO, ("filled",)),
    ("subsidy", "consulent", f"{HOUSING}/grote-gezinnen/{HOME}", _HO, ("filled", "long")),
    ("terms", "controller", TERMS, _HO, _PAGES),
    ("terms-new", "administrator", TERMS, _HO, ("filled", "empty", "error")),
    ("terms-correct", "administrator", f"{TERMS}?vanaf=2023-07-03", _HO, ("filled", "long")),
    ("stock", "consulent", STOCK, _HO, _PAGES),
    ("stock-year", "consulent", f"{STOCK}?gemeente=1916&jaar=2024", _HO, ("filled",)),
    ("stock-province", "province", STOCK, _HO, ("filled", "empty")),
    ("weeks", "vwn", f"{HOUSING}/weken", _HO, _PAGES),
    ("weeks-gemeente", "consulent", f"{HOUSING}/weken", ("learning-routes",), _PAGES),
    ("weeks-few", "quality", f"{HOUSING}/weken", _HO, ("filled",)),
)
"""As the fields of a `Screen`."""
