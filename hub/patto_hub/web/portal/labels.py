"""What the fields of records are called for people, in Italian and English, beside the names that programs use.

A field that means different things in different records stands here with its kind before it, as `ambito.code`.
A field within a field is said by both, as `Comuni dell'Ambito: valido dal`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.web.words import Language

LABELS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # --- names and numbers of things ---------------------------------------------------------------------------
        "identifiers": ("Identificativi", "Identifiers"),
        "scheme": ("tipo di codice", "kind of code"),
        "value": ("valore", "value"),
        "revision": ("Numero di revisione", "Revision number"),
        "modified_at": ("Ultima modifica", "Last changed"),
        "person_id": ("Codice della persona", "The person's code"),
        "person_scheme": ("Tipo del codice della persona", "Kind of the person's code"),
        "pact_id": ("Codice del patto", "The pact's code"),
        "pact_scheme": ("Tipo del codice del patto", "Kind of the pact's code"),
        "measure_id": ("Codice della misura", "The measure's code"),
        "policy_id": ("Identificativo della politica attiva", "Id of the active policy"),
        "enrolment_id": ("Codice dell'iscrizione", "The enrolment's code"),
        "request_id": ("Codice della richiesta", "The request's code"),
        "request_scheme": ("Tipo del codice della richiesta", "Kind of the request's code"),
        "provider_id": ("Codice di chi eroga", "The provider's code"),
        "provider_scheme": ("Tipo del codice di chi eroga", "Kind of the provider's code"),
        "host_id": ("Codice di chi ospita", "The host's code"),
        "host_scheme": ("Tipo del codice di chi ospita", "Kind of the host's code"),
        "promoter_id": ("Codice del promotore", "The promoter's code"),
        "promoter_scheme": ("Tipo del codice del promotore", "Kind of the promoter's code"),
        "promoter_code": ("Promotore (codice SAP)", "Promoter (SAP code)"),
        "employer_id": ("Codice del datore di lavoro", "The employer's code"),
        "employer_scheme": ("Tipo del codice del datore di lavoro", "Kind of the employer's code"),
        "employer_cf": ("Codice fiscale del datore di lavoro", "The employer's tax code"),
        "organisation_id": ("Codice dell'ente", "The body's code"),
        "status": ("Stato", "State"),
        "type": ("Tipo", "Type"),
        "homepage": ("Sito web", "Web site"),
        "language": ("lingua", "language"),
        "text": ("testo", "text"),
        "on": ("data", "day"),
        "note": ("Nota", "Note"),
        # --- days --------------------------------------------------------------------------------------------------
        "valid_from": ("Valido dal", "Valid from"),
        "valid_to": ("Valido fino al", "Valid until"),
        "proposed_on": ("Proposto il", "Proposed on"),
        "requested_on": ("Richiesto il", "Requested on"),
        "started_on": ("Iniziato il", "Begun on"),
        "ended_on": ("Finito il", "Ended on"),
        "planned_end_on": ("Fine prevista", "Planned end"),
        "status_on": ("Stato dal", "State since"),
        "planned_hours": ("Ore previste", "Planned hours"),
        "actual_hours": ("Ore svolte", "Hours done"),
        # --- people ------------------------------------------------------------------------------------------------
        "given_name": ("Nome", "Given name"),
        "family_name": ("Cognome", "Family name"),
        "sex": ("Sesso", "Sex"),
        "birth_date": ("Data di nascita", "Day of birth"),
        "birth_place": ("Luogo di nascita", "Place of birth"),
        "belfiore": ("codice catastale (Belfiore)", "Belfiore code"),
        "citizenship": ("Cittadinanza", "Citizenship"),
        "citizenship_code": ("Cittadinanza (codice)", "Citizenship (code)"),
        "residence": ("Residenza", "Residence"),
        "domicile": ("Domicilio", "Domicile"),
        "country": ("stato", "country"),
        "contacts": ("Recapiti", "Contacts"),
        "channel": ("mezzo", "channel"),
        "education": ("Titolo di studio", "Education"),
        "education_igrue": ("Titolo di studio (codice IGRUE)", "Education (IGRUE code)"),
        "labour_status": ("Condizione lavorativa", "Labour status"),
        "job_search_months": ("Mesi di ricerca di lavoro", "Months of job search"),
        "household_type": ("Tipo di nucleo", "Kind of household"),
        "housing_disadvantage": ("Svantaggio abitativo", "Housing disadvantage"),
        "vulnerable_group": ("Gruppo vulnerabile (codice)", "Vulnerable group (code)"),
        "disability": ("Disabilità", "Disability"),
        "permit": ("Permesso di soggiorno", "Residence permit"),
        "permit.type": ("Permesso di soggiorno: tipo", "Residence permit: type"),
        "permit.number": ("Permesso di soggiorno: numero", "Residence permit: number"),
        "expires_on": ("scade il", "expires on"),
        # --- pacts and measures ------------------------------------------------------------------------------------
        "pact_number": ("Numero del patto", "Number of the pact"),
        "ambito": ("Ambito", "Social district"),
        "pact.scheme": ("Avviso (ReD)", "Call (ReD)"),
        "signed_on": ("Firmato il", "Signed on"),
        "loan_mode": ("Microcredito: modalità", "Microcredit: mode"),
        "next_review_on": ("Prossima verifica", "Next review"),
        "household_size": ("Componenti del nucleo", "Members of the household"),
        "municipality": ("Comune", "Municipality"),
        "measure.title": ("Titolo", "Title"),
        "activity_code": ("Attività (codice SAP)", "Activity (SAP code)"),
        "project_code": ("Progetto (codice SAP)", "Project (SAP code)"),
        "take_in_charge_id": ("Presa in carico (codice SAP)", "Taking in charge (SAP code)"),
        "incentive_code": ("Incentivo (codice)", "Incentive (code)"),
        "measure.description": ("Descrizione", "Description"),
        "duration": ("Durata", "Duration"),
        "duration_unit": ("Unità della durata", "Unit of the duration"),
        "enrolment_ids": ("Codici delle iscrizioni", "Codes of enrolments"),
        "loan_id": ("Codice del prestito", "The loan's code"),
        "events": ("Eventi", "Events"),
        "events.code": ("Eventi: codice", "Events: code"),
        # --- enrolments and attendance -----------------------------------------------------------------------------
        "edition_id": ("Edizione del corso", "Edition of the course"),
        "course_code": ("Codice del corso", "The course's code"),
        "certificate": ("Attestato", "Certificate"),
        "issued_on": ("rilasciato il", "issued on"),
        "credential_id": ("numero", "number"),
        "code": ("codice", "code"),
        "reason": ("motivo", "reason"),
        "job_type": ("tipo di lavoro", "kind of job"),
        "exit": ("Uscita", "Way out"),
        "attendance_id": ("Codice della presenza", "The attendance's code"),
        "attendance_month_id": ("Codice del riepilogo", "The closing's code"),
        "day": ("Giorno", "Day"),
        "month": ("Mese", "Month"),
        "hours": ("Ore", "Hours"),
        "attendance": ("Presenza", "Attendance"),
        "starts_at": ("Dalle", "From"),
        "ends_at": ("Alle", "To"),
        "activity": ("Attività", "Activity"),
        "signed_by_trainee": ("Firma del tirocinante", "Signed by the trainee"),
        "signed_by_tutor": ("Firma del tutor", "Signed by the tutor"),
        "attended_hours": ("Ore di presenza", "Hours attended"),
        "justified_hours": ("Ore giustificate", "Justified hours"),
        "unjustified_hours": ("Ore ingiustificate", "Unjustified hours"),
        "closed_on": ("Chiuso il", "Closed on"),
        "amount_due": ("Indennità", "Indemnity"),
        # --- jobs --------------------------------------------------------------------------------------------------
        "employment_id": ("Codice del rapporto", "The job's code"),
        "contract_code": ("Contratto (codice)", "Contract (code)"),
        # --- money -------------------------------------------------------------------------------------------------
        "order_id": ("Codice dell'ordine", "The order's code"),
        "debtor_name": ("Chi paga", "Who pays"),
        "debtor_iban": ("IBAN di chi paga", "IBAN of who pays"),
        "creditor_name": ("Chi riceve", "Who is paid"),
        "creditor_iban": ("IBAN di chi riceve", "IBAN of who is paid"),
        "amount": ("Importo", "Amount"),
        "currency": ("Valuta", "Currency"),
        "payment_order.requested_on": ("Da eseguire il", "To be paid on"),
        "end_to_end_id": ("Riferimento del pagamento (EndToEndId)", "Reference of the payment (EndToEndId)"),
        "remittance": ("Causale", "Remittance text"),
        "bank_id": ("Codice della banca", "The bank's code"),
        "bank_scheme": ("Tipo del codice della banca", "Kind of the bank's code"),
        "movement_id": ("Codice del movimento", "The movement's code"),
        "account_iban": ("IBAN del conto", "IBAN of the account"),
        "statement_id": ("Estratto conto", "Statement"),
        "booked_on": ("Data contabile", "Booked on"),
        "value_on": ("Data valuta", "Value day"),
        "direction": ("Entrata o uscita", "In or out"),
        "bank_reference": ("Riferimento della banca", "The bank's reference"),
        "transaction_code": ("Tipo di operazione (codice)", "Kind of transaction (code)"),
        # --- courses, bodies and social districts ------------------------------------------------------------------
        "offering_id": ("Codice dell'offerta", "The offering's code"),
        "provider": ("Ente di formazione", "Training body"),
        "provider.provider_id": ("Ente di formazione: codice", "Training body: code"),
        "provider.provider_scheme": ("Ente di formazione: tipo di codice", "Training body: kind of code"),
        "name": ("Nome", "Name"),
        "title": ("Titolo", "Title"),
        "description": ("Descrizione", "Description"),
        "default_language": ("Lingua del corso", "Language of the course"),
        "subjects": ("Materie", "Subjects"),
        "figure": ("Figura professionale", "Occupational profile"),
        "rrfp": ("repertorio regionale (RRFP)", "regional repertory (RRFP)"),
        "qnqr": ("quadro nazionale (QNQR)", "national framework (QNQR)"),
        "eqf": ("livello EQF", "EQF level"),
        "isced_f": ("settore ISCED-F", "ISCED-F field"),
        "skills": ("competenze", "skills"),
        "objective": ("Obiettivo", "Objective"),
        "entry_requirement": ("Requisiti di accesso", "Entry requirements"),
        "assessment": ("Valutazione", "Assessment"),
        "target_groups": ("Destinatari", "For whom"),
        "hours.classroom": ("Ore in aula", "Hours in the classroom"),
        "hours.work_based": ("Ore in azienda", "Hours at work"),
        "hours.laboratory": ("Ore di laboratorio", "Hours of workshops"),
        "internship": ("Con tirocinio", "With an internship"),
        "exam": ("Con esame finale", "With a final exam"),
        "qualification": ("Qualifica rilasciata", "Qualification"),
        "cost": ("Costo", "Cost"),
        "presentations": ("Edizioni", "Editions"),
        "presentations.edition_id": ("Edizioni: codice", "Editions: code"),
        "presentations.closed_on": ("Edizioni: chiusa il", "Editions: closed on"),
        "start_on": ("inizio", "begins on"),
        "start_text": ("inizio, a parole", "begins, in words"),
        "end_on": ("fine", "ends on"),
        "apply_from": ("iscrizioni dal", "apply from"),
        "apply_until": ("iscrizioni fino al", "apply until"),
        "apply_to": ("dove iscriversi", "where to apply"),
        "study_mode": ("tempo pieno o parziale", "full or part time"),
        "delivery": ("in presenza o a distanza", "on site or at a distance"),
        "schedule": ("orario", "hours of the day"),
        "languages": ("lingue", "languages"),
        "venue": ("sede", "venue"),
        "address": ("indirizzo", "address"),
        "locality": ("località", "locality"),
        "street": ("via", "street"),
        "postcode": ("CAP", "postcode"),
        "places": ("posti", "places"),
        "cost_text": ("costo, a parole", "cost, in words"),
        "legal_name": ("Denominazione", "Legal name"),
        "ambito.code": ("Codice dell'Ambito", "Code of the district"),
        "ambito.name": ("Nome dell'Ambito", "Name of the district"),
        "lead_municipality": ("Comune capofila", "Leading municipality"),
        "members": ("Comuni dell'Ambito", "Municipalities of the district"),
        "confirmed": ("confermato", "confirmed"),
    }
)
"""A field's name, or its path, or its kind and path, to what it is called: (Italian, English)."""


def path_of(pointer: str) -> str:
    """Give the path of a field that a JSON pointer names, without the numbers of list items: `events.on`."""
    return ".".join(step for step in pointer.strip("/").split("/") if not step.isdigit())


def label(kind: str, path: str, language: Language) -> str:
    """Say what a field is called, as `measures.started_on` of a kind; empty where nobody has said it."""
    for known in (f"{kind}.{path}", path):
        if known in LABELS:
            return LABELS[known][language == "en"]
    outer, _, inner = path.rpartition(".")
    if not outer or inner not in LABELS:
        return ""
    around, within = label(kind, outer, language), LABELS[inner][language == "en"]
    return f"{around}: {within[0].lower() if within[1:2].islower() else within[0]}{within[1:]}" if around else ""
