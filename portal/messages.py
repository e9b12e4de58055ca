# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a page tells after a form was handled. Only the code travels in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["MESSAGES", "Message"]


@dataclass(frozen=True, slots=True)
class Message:
    """Words, and whether it went well."""

    text: str
    ok: bool = True


MESSAGES: Mapping[str, Message] = MappingProxyType(
    {
        "uitgelogd": Message("U bent uitgelogd."),
        "aanwezigheid-opgeslagen": Message("De aanwezigheid is opgeslagen."),
        "signaal-afgehandeld": Message("Het signaal is afgehandeld."),
        "pip-vastgesteld": Message("Het PIP is vastgesteld."),
        "persoon-aangemeld": Message("De persoon is aangemeld."),
        "contact-gewijzigd": Message("De vaste consulent is gewijzigd."),
        "goedgekeurd": Message("De registratie is goedgekeurd en telt mee."),
        "afgekeurd": Message("De registratie is afgewezen en telt niet mee."),
        "opnieuw-aangeboden": Message("Het bericht is opnieuw aangeboden."),
        "match-voorgesteld": Message("De match is voorgesteld. De gemeente beslist."),
        "match-goedgekeurd": Message("De match is goedgekeurd."),
        "match-afgewezen": Message("De match is afgewezen. VluchtelingenWerk zoekt verder."),
        "zoeken-gestart": Message("Het zoeken is gestart. Dit kan een minuut duren."),
        "zoeken-gestopt": Message("Het zoeken is gestopt. Er is niets van bewaard."),
        "voorstel-verstuurd": Message("Het voorstel is naar de gemeente gestuurd."),
        "voorstellen-verstuurd": Message("De voorstellen zijn naar de gemeente gestuurd."),
        "voorstel-opzij": Message("U volgt dit voorstel niet. De reden is vastgelegd."),
        "stap-vastgelegd": Message("De stap is vastgelegd."),
        "vastgezet": Message("Het is vastgelegd. De volgende zoekopdracht houdt zich eraan."),
        "losgemaakt": Message("Het is losgemaakt. De volgende zoekopdracht mag weer zelf kiezen."),
        "taak-gedaan": Message("De taak is gedaan en staat niet meer in de lijst."),
        "teruggedraaid": Message("Het is teruggedraaid. Het huishouden wacht weer op een huis."),
        "vertrek-vastgelegd": Message("Het vertrek is vastgelegd. De woning komt weer vrij."),
        "vertrek-teruggedraaid": Message("Het vertrek is teruggedraaid. Het huishouden woont er weer."),
        "sleutel-teruggedraaid": Message("De sleutel is teruggedraaid. U kunt hem later opnieuw vastleggen."),
        "trede-vastgelegd": Message("De trede is vastgelegd."),
        "brief-vastgelegd": Message("De brief is vastgelegd."),
        "antwoord-vastgelegd": Message("Het antwoord is vastgelegd."),
        "plan-begonnen": Message("Het plan is begonnen. Voeg nu de maatregelen toe."),
        "maatregel-vastgelegd": Message("De maatregel is vastgelegd."),
        "resultaat-vastgelegd": Message("Het resultaat is vastgelegd."),
        "trede-verlengd": Message("Vastgelegd dat de provincie meer tijd geeft."),
        "plan-bijgewerkt": Message("De stand van het plan is vastgelegd."),
        "maatregel-bijgewerkt": Message("De stand van de maatregel is vastgelegd."),
        "taakstelling-vastgelegd": Message("De taakstelling is vastgelegd. De vorige versie blijft bewaard."),
        "correctie-vastgelegd": Message("De correctie is vastgelegd en telt mee in de rekening."),
        "wensen-vastgelegd": Message("Vastgelegd. De volgende zoekopdracht houdt er rekening mee."),
        "koppeling-verbeterd": Message("De koppeldatum is verbeterd. De termijn loopt vanaf die dag."),
        "koppeling-beeindigd": Message("De koppeling is beëindigd. De termijnen van het huis vervallen."),
        "huishouden-vastgelegd": Message("Het huishouden is vastgelegd. Leg nu vast wat het nodig heeft."),
        "lid-vastgelegd": Message(
            "Vastgelegd wie dit is. De termijnen van het huis lopen nu ook voor die persoon."
        ),
        "toestemming-vastgelegd": Message("De toestemming is vastgelegd."),
        "toestemming-ingetrokken": Message("De toestemming is ingetrokken. Dat kost het huishouden niets."),
        "nareis-vastgelegd": Message("Vastgelegd dat er gezin komt."),
        "nareis-gewijzigd": Message("De nareis is gewijzigd."),
        "gezin-is-er": Message("Het gezin is er en hoort nu bij het huishouden."),
        "conflict-vastgelegd": Message(
            "Het conflict is vastgelegd. Er staat een taak om een andere plek te zoeken."
        ),
        "conflict-voorbij": Message("Vastgelegd dat het conflict voorbij is."),
        "vrijwilliger-gekozen": Message("Vastgelegd wie bij de verhuizing helpt."),
        "telling-teruggenomen": Message(
            "De telling is teruggedraaid. Het huishouden blijft in zijn huis wonen."
        ),
        "lijst-bijgewerkt": Message("De lijst is bijgewerkt."),
        "uitruil-voorgesteld": Message("De uitruil is voorgesteld. Hij telt als elke gemeente akkoord is."),
        "uitruil-akkoord": Message("Uw akkoord is vastgelegd."),
        "uitruil-ingetrokken": Message("De uitruil is ingetrokken."),
        "prognose-gemaakt": Message("De prognose is gemaakt. De aannamen zijn bewaard."),
        "plaatsen-vastgelegd": Message("De plaatsen zijn vastgelegd."),
        "telling-vastgelegd": Message("De telling is vastgelegd."),
        "afstand-vastgelegd": Message("De afstand is vastgelegd."),
        "locatie-vastgelegd": Message("De locatie is vastgelegd."),
        "project-vastgelegd": Message("Het project is vastgelegd."),
        "project-gewijzigd": Message("Het project is gewijzigd."),
        "begroting-vastgelegd": Message("De begroting is vastgelegd en de vergoeding is berekend."),
        "aanvraag-bijgewerkt": Message("De stand van de aanvraag is vastgelegd."),
        "voorwaarden-vastgelegd": Message("De voorwaarden zijn vastgelegd."),
        "voorraad-vastgelegd": Message("De cijfers van dit jaar zijn vastgelegd."),
        "corporatie-vastgelegd": Message("De corporatie staat op de lijst. Leg nu haar regels vast."),
        "regel-vastgelegd": Message("De regel is vastgelegd."),
        "corporatie-gewijzigd": Message("De naam is gewijzigd."),
        "regel-beeindigd": Message("Het einde van de regel is vastgelegd."),
        "afspraak-vastgelegd": Message("De prestatieafspraak is vastgelegd."),
        "woning-aangeboden": Message("De woning is aangeboden."),
        "woning-teruggenomen": Message("De woning is teruggenomen."),
        "team-doorgegeven": Message("Doorgegeven. De gemeente ziet wat het team aankan."),
        "groep-aangekondigd": Message("De groep is aangekondigd. De gemeente ziet de plaatsen per week."),
        "groep-gepland": Message("De dagen en plaatsen van de groep zijn vastgelegd."),
        "klok-verzet": Message("De klok van de demo is verzet."),
        "klok-terug": Message("De klok kan alleen vooruit. Kies een latere dag.", ok=False),
        "klok-datum": Message(
            "Vul een datum in als dag-maand-jaar, of kies hoeveel tijd de klok vooruit moet.", ok=False
        ),
    }
)
