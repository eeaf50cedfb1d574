"""Route: address each change to the organisations that its dossier names and that consent admits.

The sender's own organisation always reads what it sent; public kinds are addressed to everybody. An organisation that
joins a dossier is addressed all that is current in it; one that leaves is told to forget, and its older addresses go.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patto_hub.ledger import acknowledgements, audiences, identifiers, partners, persons
from patto_hub.ledger.audiences import EVERYBODY, GRANTED, NAMED, REFUSED, Place
from patto_hub.road.follow import follow
from patto_hub.road.resolve import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from patto_hub.ledger.audiences import ChangeRow
    from patto_hub.ledger.records import Head
    from patto_hub.ledger.store import Connection
    from patto_hub.road.entry import Entry
    from patto_hub.road.resolve import Ground

PUBLIC = frozenset({"course_offering", "organisation", "ambito"})
"""Kinds that hold nothing of a person: everybody may read them."""
PERSON = "person"
NOBODY: frozenset[int] = frozenset()


@dataclass(slots=True)
class Routing:
    """The addresses of a page's changes, as they are put together."""

    connection: Connection
    run_id: int
    now: int
    own: Mapping[int, int | None]
    """Each partner's organisation."""
    partner_id: int
    seq: int
    """The next change's number."""
    told: dict[int, frozenset[int]] = field(default_factory=dict)
    """By pact: who may be told, as this transaction leaves it."""
    before: dict[int, frozenset[int]] = field(default_factory=dict)
    """By pact: who could be told until now."""
    linked: set[int] = field(default_factory=set)
    """Known pacts that are now about a person whom they did not name before."""
    unlinked: list[tuple[str, str, int]] = field(default_factory=list)
    """Persons by (scheme, value) whom a pact no longer names."""
    changes: list[ChangeRow] = field(default_factory=list)
    addresses: list[tuple[int, int]] = field(default_factory=list)

    def say(self, head_id: int, version_id: int, kind: str, op: str, organisations: Iterable[int]) -> None:
        """Number a change and address it."""
        self.changes.append((self.seq, head_id, version_id, kind, op, self.run_id, self.now))
        self.addresses.extend([(organisation, self.seq) for organisation in organisations])
        self.seq += 1


def route(connection: Connection, ground: Ground, first_seq: int, *, op: str = "upsert") -> int:
    """Address the changes of a page whose heads, versions and names are written; gives how many changes there are."""
    if not ground.current:
        return 0
    routing = Routing(connection, ground.run_id, ground.now, partners.own(connection), ground.partner_id, seq=first_seq)
    last = {head.id: (head, candidate.entry) for head, _, candidate in ground.current}
    _parties(routing, ground, last)
    unsure = _renamed(routing, last)
    about = _about(routing, last)
    _load(routing, {pact for pacts in about.values() for pact in pacts})
    mine = routing.own.get(ground.partner_id)
    for head, version_id, _ in ground.current:
        routing.say(head.id, version_id, head.kind, op, _audience(routing, head, about, mine))
    moved = {pact: told for pact, told in routing.told.items() if told is not routing.before[pact]}
    joined = {pact: told - routing.before[pact] for pact, told in moved.items()}
    left = {pact: routing.before[pact] - told for pact, told in moved.items()}
    _welcome(routing, ground, joined, last.keys())
    unsure |= _part(routing, {pact: gone for pact, gone in left.items() if gone})
    _part_movers(routing, ground, last)
    unsure |= _let_go(routing)
    return _end(routing, unsure, frozenset(ground.left.values())) - first_seq


def bury(connection: Connection, ground: Ground, first_seq: int) -> None:
    """Tell those who knew the records of a ground that these are gone, and take their words about others back."""
    routing = Routing(connection, ground.run_id, ground.now, partners.own(connection), ground.partner_id, seq=first_seq)
    heads = list(ground.touched.values())
    pacts = {head.pact_id for head in heads if head.pact_id is not None}
    gone = {head.id for head in heads if head.kind == PERSON}
    held = persons.held_by(connection, gone)
    _load(routing, pacts)
    mine = routing.own.get(ground.partner_id)
    for head in heads:
        told = _audience(routing, head, {}, mine)
        routing.say(head.id, head.version_id, head.kind, "delete", told | held.get(head.id, frozenset()))
    unsure = _take_back(routing, {head.id for head in heads}, pacts)
    names = persons.drop_old_names(connection, dict.fromkeys(gone, ()))
    unsure |= persons.called(connection, ground.partner_id, [(scheme, value) for scheme, value, _ in names])
    _end(routing, unsure, frozenset())


def settle(connection: Connection, heads: Iterable[int], first_seq: int, *, run_id: int, now: int) -> None:
    """Let each organisation hold of these persons what is due to it now that a dossier about them is gone for good."""
    routing = Routing(connection, run_id, now, partners.own(connection), partner_id=0, seq=first_seq)
    _end(routing, set(heads), frozenset())


def _take_back(routing: Routing, heads: set[int], pacts: set[int]) -> set[int]:
    """Let records that are gone say nothing of organisations and persons any more; gives the persons concerned."""
    said = audiences.parties(routing.connection, pacts)
    audiences.put_parties(routing.connection, [party for party in said if party.head_id in heads], [])
    words: dict[int, list[tuple[int, int]]] = {pact: [] for pact in pacts}
    for party in said:
        if party.head_id not in heads:
            words[party.pact_id].append((party.organisation_id, party.says))
    for pact, those in words.items():
        routing.told[pact] = admitted(those)
    unsure = _part(routing, {pact: gone for pact in pacts if (gone := routing.before[pact] - routing.told[pact])})
    members = audiences.members(routing.connection, heads, pacts)
    audiences.put_members(routing.connection, members, [])
    routing.unlinked = [(scheme, value, pact) for scheme, value, pact, _ in members]
    return unsure | _let_go(routing)


def admitted(parties: Iterable[tuple[int, int]]) -> frozenset[int]:
    """Give the organisations that may be told, from (organisation, what a record says of it).

    Named by some record, consent given by some, refused by none.
    """
    words: dict[int, int] = {}
    for organisation, says in parties:
        words[organisation] = words.get(organisation, 0) | says
    return frozenset(organisation for organisation, says in words.items() if says & 7 == NAMED | GRANTED)


def _audience(routing: Routing, head: Head, about: Mapping[int, Sequence[int]], mine: int | None) -> frozenset[int]:
    if head.kind in PUBLIC:
        return frozenset((EVERYBODY,))
    told = frozenset() if head.pact_id is None else routing.told[head.pact_id]
    for pact in about.get(head.id, ()):
        told |= routing.told[pact]
    return told if mine is None or mine in told else told | {mine}


def _parties(routing: Routing, ground: Ground, last: Mapping[int, tuple[Head, Entry]]) -> None:
    """Write what the changed records say of organisations, and find out who may be told before and after."""
    saying = [(head, entry) for head, entry in last.values() if head.pact_id is not None]
    created = {head.id for head, _ in saying if head.created and head.kind == ROOT}
    said = _said(routing, saying)
    old_pacts = {head.pact_id for head, _ in saying if head.pact_id is not None}
    old_pacts = (old_pacts | set(ground.left.values())) - created
    old = audiences.parties(routing.connection, old_pacts) if old_pacts else []
    unchanged = set(old)
    gone = [party for party in old if party.head_id in last and party.says != said.get(party[:3])]
    fresh = [(*where, says) for where, says in said.items() if (*where, says) not in unchanged]
    audiences.put_parties(routing.connection, [party for party in gone if party[:3] not in said], fresh)
    _members(routing, saying, created)
    before: dict[int, list[tuple[int, int]]] = {pact: [] for pact in old_pacts}
    after: dict[int, list[tuple[int, int]]] = {pact: [] for pact in old_pacts | created}
    for pact, organisation, head_id, says in old:
        before[pact].append((organisation, says))
        if head_id not in last:
            after[pact].append((organisation, says))
    for (pact, organisation, _), says in said.items():
        after[pact].append((organisation, says))
    for pact, words in after.items():
        routing.told[pact] = admitted(words)
        routing.before[pact] = admitted(before[pact]) if pact in before else NOBODY


def _said(routing: Routing, saying: Sequence[tuple[Head, Entry]]) -> dict[tuple[int, int, int], int]:
    named = {name for _, entry in saying for name in entry.organisations}
    named |= {name for _, entry in saying for name, _ in entry.allows}
    numbers = partners.organisations(routing.connection, named)
    mine = routing.own.get(routing.partner_id)
    granting = {
        head.pact_id for head, entry in saying if entry.allows and head.kind != ROOT and head.pact_id is not None
    }
    foreign = audiences.of_others(routing.connection, routing.partner_id, granting) if granting else NOBODY
    said: dict[tuple[int, int, int], int] = {}
    for head, entry in saying:
        pact, head_id = head.pact_id, head.id
        if pact is None:
            continue
        words = {} if mine is None else {mine: NAMED | GRANTED if head.kind == ROOT else NAMED}
        for name in entry.organisations:
            number = numbers[name]
            words[number] = words.get(number, 0) | NAMED
        for name, given in entry.allows:
            number = numbers[name]
            if not given:
                words[number] = words.get(number, 0) | REFUSED
            elif pact not in foreign:  # nobody admits itself to another partner's pact; to refuse is everybody's right
                words[number] = words.get(number, 0) | GRANTED
        for organisation, says in words.items():
            said[pact, organisation, head_id] = says
    return said


def _members(routing: Routing, saying: Sequence[tuple[Head, Entry]], created: set[int]) -> None:
    said = {
        (scheme, value, head.pact_id, head.id)
        for head, entry in saying
        for scheme, value in entry.persons
        if head.pact_id is not None
    }
    old_heads = {head.id: head.pact_id for head, _ in saying if head.id not in created}
    pacts = set(filter(None, old_heads.values()))
    old = set(audiences.members(routing.connection, old_heads, pacts)) if old_heads else set()
    routing.linked = {pact for _, _, pact, head in said - old if head in old_heads} if old_heads else set()
    routing.unlinked = [(scheme, value, pact) for scheme, value, pact, _ in sorted(old - said)]
    audiences.put_members(routing.connection, sorted(old - said), sorted(said - old))


def _about(routing: Routing, last: Mapping[int, tuple[Head, Entry]]) -> dict[int, list[int]]:
    """Give the dossiers of the persons among the changed records."""
    names = [
        (head.id, scheme, value)
        for head, entry in last.values()
        if head.kind == PERSON
        for scheme, value in entry.names
    ]
    about: dict[int, list[int]] = defaultdict(list)
    if names:
        for head_id, pact in audiences.pacts_of(routing.connection, names):
            about[head_id].append(pact)
    return about


def _load(routing: Routing, pacts: set[int]) -> None:
    """Look up who may be told of further dossiers, which this transaction does not change."""
    missing = pacts - routing.told.keys()
    words: dict[int, list[tuple[int, int]]] = {pact: [] for pact in missing}
    for party in audiences.parties(routing.connection, missing) if missing else ():
        words[party.pact_id].append((party.organisation_id, party.says))
    for pact, said in words.items():
        routing.told[pact] = routing.before[pact] = admitted(said)


def _welcome(routing: Routing, ground: Ground, joined: Mapping[int, frozenset[int]], changed: Iterable[int]) -> None:
    """Address what is current in a dossier to those who have joined it; this page's changes have been already."""
    joined = {pact: new for pact, new in joined.items() if new}
    if not joined and not routing.linked:
        return
    done = set(changed)
    created = {head.id for head, _, _ in ground.current if head.created}
    persons = audiences.persons(routing.connection, joined.keys() | routing.linked)
    existing = [pact for pact in joined if pact not in created]
    places = audiences.dossier(routing.connection, existing) if existing else []
    news = [(place, joined[place.pact_id]) for place in places]
    news += [
        (each, routing.told[each.pact_id] if each.pact_id in routing.linked else joined[each.pact_id])
        for each in persons
    ]
    fresh: dict[tuple[int, int, str], set[int]] = defaultdict(set)
    for place, told in news:
        if place.head_id not in done:
            fresh[place.head_id, place.version_id, place.kind] |= told - {routing.own.get(place.partner_id)}
    for (head_id, version_id, kind), those in sorted(fresh.items(), key=lambda each: each[0]):
        if those:
            routing.say(head_id, version_id, kind, "upsert", sorted(those))


def _part(routing: Routing, left: Mapping[int, frozenset[int]]) -> set[int]:
    """Tell those who have left a dossier to forget what is in it; gives the persons that they may have to forget."""
    if not left:
        return set()
    _withdraw(routing, [(place, left[place.pact_id]) for place in audiences.dossier(routing.connection, left)])
    return {place.head_id for place in audiences.persons(routing.connection, left)}


def _part_movers(routing: Routing, ground: Ground, last: Mapping[int, tuple[Head, Entry]]) -> None:
    """Tell those of a dossier that a record has moved out of, as far as they do not know the one it moved to."""
    moved = []
    for head_id, old_pact in ground.left.items():
        head, _ = last[head_id]
        new: frozenset[int] = frozenset() if head.pact_id is None else routing.told[head.pact_id]
        place = Place(old_pact, head.id, head.version_id, head.kind, ground.partner_id)
        moved.append((place, routing.before[old_pact] - new))
    _withdraw(routing, moved)


def _let_go(routing: Routing) -> set[int]:
    """Give the persons whom some dossier no longer names."""
    needs = [(PERSON, (scheme, value)) for scheme, value, _ in routing.unlinked]
    found = identifiers.find(routing.connection, needs) if needs else {}
    return {target.head_id for targets in found.values() for target in targets}


def _renamed(routing: Routing, last: Mapping[int, tuple[Head, Entry]]) -> set[int]:
    """Give the persons who are not called as before, and those with a name that is no longer, or now, theirs alone."""
    named = {head.id: set(entry.names) for head, entry in last.values() if head.kind == PERSON}
    if not named:
        return set()
    older = {head.id: named[head.id] for head, _ in last.values() if head.id in named and not head.created}
    dropped = persons.drop_old_names(routing.connection, older) if older else []
    names = {name for each in named.values() for name in each}
    doubtful = persons.namesakes(routing.connection, routing.partner_id, names)
    doubtful |= {(scheme, value) for scheme, value, _ in dropped}
    others = persons.called(routing.connection, routing.partner_id, doubtful) if doubtful else set()
    return others | {head for _, _, head in dropped}


def _end(routing: Routing, unsure: set[int], left: frozenset[int]) -> int:
    """Write the changes; then what follows from them.

    What hangs on records that have left a dossier follows them. Of persons of whom it is not sure who may hold them,
    each holder gets what is due.
    """
    audiences.add_changes(routing.connection, routing.changes, routing.addresses)
    if not unsure and not left:
        return routing.seq
    routing.changes, routing.addresses = [], []
    _follow(routing, left)
    _settle(routing, unsure)
    audiences.add_changes(routing.connection, routing.changes, routing.addresses)
    return routing.seq


def _follow(routing: Routing, left: frozenset[int]) -> None:
    went = follow(routing.connection, left) if left else []
    _load(routing, {pact for place, new in went for pact in (place.pact_id, new)})
    for place, pact in went:
        old, new = routing.told[place.pact_id], routing.told[pact]
        _correct(routing, place, held=old, due=new)


def _settle(routing: Routing, unsure: set[int]) -> None:
    held, due = persons.held_by(routing.connection, unsure), _due(routing, unsure)
    for place in audiences.places(routing.connection, 0, sorted(unsure)):
        _correct(routing, place, held=held.get(place.head_id, NOBODY), due=due[place.head_id])


def _correct(routing: Routing, place: Place, *, held: AbstractSet[int], due: AbstractSet[int]) -> None:
    more = due - held - {routing.own.get(place.partner_id)}
    if more:
        routing.say(place.head_id, place.version_id, place.kind, "upsert", sorted(more))
    _withdraw(routing, [(place, frozenset(held - due))])


def _due(routing: Routing, heads: set[int]) -> dict[int, set[int]]:
    """Give who may hold each person: those told of the dossiers that name it, by a name that is its alone."""
    about = audiences.pacts_of(routing.connection, persons.names_of(routing.connection, heads))
    _load(routing, {pact for _, pact in about})
    due: dict[int, set[int]] = defaultdict(set)
    for head, pact in about:
        due[head] |= routing.told[pact]
    return due


def _withdraw(routing: Routing, places: Iterable[tuple[Place, frozenset[int]]]) -> None:
    heads: dict[int, list[int]] = defaultdict(list)
    first = routing.seq
    for place, told in places:
        gone = sorted(told - {routing.own.get(place.partner_id)})
        if gone:
            routing.say(place.head_id, place.version_id, place.kind, "withdraw", gone)
        for organisation in gone:
            heads[organisation].append(place.head_id)
    for organisation, withdrawn in heads.items():
        audiences.forget(routing.connection, organisation, withdrawn, first)
        acknowledgements.let_go(routing.connection, organisation, withdrawn, routing.now)
