"""Troubles with folders and SFTP servers: why files could not be read or delivered, and who can act."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.catalogue.entry import Entry
from patto_schemas.issues import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

_LATER_IT: Final = "L'hub riprova da solo; se dura, avvisare chi gestisce il server del partner."
_LATER_EN: Final = "The hub tries again by itself; if it lasts, tell whoever runs the partner's server."


def _later(it: str, en: str) -> Entry:
    return Entry(it, en, "", _LATER_IT, _LATER_EN)


def _ours(it: str, en: str, fix_it: str, fix_en: str, example: str = "") -> Entry:
    return Entry(it, en, example, fix_it, fix_en, Owner.ENGINEER)


FOLDERS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "folder.missing": _ours(
            "La cartella non c'è.",
            "The folder is not there.",
            "Controllare la cartella nelle impostazioni, e che sia montata o che il partner l'abbia creata.",
            "Check the folder in the settings, and that it is mounted or that the partner has made it.",
            "/consegne/in",
        ),
        "folder.permission": _ours(
            "La cartella non si può leggere o scrivere.",
            "The folder may not be read or written.",
            "Dare al servizio i diritti sulla cartella, o chiederli al partner.",
            "Give the service rights on the folder, or ask the partner for them.",
        ),
        "folder.write": _later(
            "Il file non si è potuto scrivere: manca la cartella, o il disco è pieno.",
            "The file could not be written: the folder is missing, or the disk is full.",
        ),
        "folder.crowded": _ours(
            "La cartella contiene troppi file.",
            "The folder holds too many files.",
            "Impostare `done`, perché i file letti vengano spostati, o svuotare la cartella con il partner.",
            "Set `done`, so that files are moved once they were read, or empty the folder with the partner.",
            'done = "/in/letti"',
        ),
        "file.permission": Entry(
            "Il file non si può leggere: mancano i diritti.",
            "The file may not be read: rights are missing.",
            "",
            "Dare al nostro utente il diritto di leggere il file; la lettura seguente lo prende.",
            "Give our user the right to read the file; the next reading takes it.",
        ),
        "file.spool": _ours(
            "Sul nostro server non c'è spazio per il file del partner.",
            "There is no room on our server for the partner's file.",
            "Liberare spazio nella cartella temporanea (`TMPDIR`).",
            "Free space in the temporary folder (`TMPDIR`).",
        ),
        "sftp.dns": _ours(
            "Il nome del server SFTP del partner non esiste o non si trova.",
            "The name of the partner's SFTP server does not exist or cannot be found.",
            "Controllare `host` con il partner.",
            "Check `host` with the partner.",
            "sftp.ambito.example",
        ),
        "sftp.connect": _later(
            "Il server SFTP del partner non accetta connessioni.", "The partner's SFTP server takes no connections."
        ),
        "sftp.timeout": _later(
            "Il server SFTP del partner non ha risposto in tempo.", "The partner's SFTP server did not answer in time."
        ),
        "sftp.too_slow": _later("Il server SFTP del partner è troppo lento.", "The partner's SFTP server is too slow."),
        "sftp.disconnected": _later(
            "Il server SFTP del partner ha interrotto la connessione.",
            "The partner's SFTP server closed the connection.",
        ),
        "sftp.greeting": Entry(
            "Il server SFTP del partner chiude senza presentarsi: è sovraccarico, o non è un server SFTP.",
            "The partner's SFTP server hangs up without a greeting: it is overloaded, or no SFTP server.",
            "",
            "L'hub riprova da solo; se dura, controllare `host` e `port` con il partner.",
            "The hub tries again by itself; if it lasts, check `host` and `port` with the partner.",
        ),
        "sftp.full": _later(
            "Il server SFTP del partner ha troppe connessioni.", "The partner's SFTP server has too many connections."
        ),
        "sftp.failure": _later(
            "Il server SFTP del partner segnala un errore.", "The partner's SFTP server reports a failure."
        ),
        "sftp.length": _later(
            "Un file del partner è più corto o più lungo di quanto il server dichiara.",
            "A partner's file is shorter or longer than its server says.",
        ),
        "sftp.host_key": _ours(
            "Il server SFTP del partner mostra una chiave diversa da quella concordata: potrebbe non essere il suo.",
            "The partner's SFTP server shows a key that was not agreed on: it may not be the partner's.",
            "Chiedere al partner, per telefono o PEC, se ha cambiato chiave; se conferma, aggiungerla a `host_keys`.",
            "Ask the partner, by telephone or registered mail, whether it changed it; if so, add it to `host_keys`.",
            "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
        ),
        "sftp.login": _ours(
            "Il server SFTP del partner non riconosce il nostro utente, la password o la chiave.",
            "The partner's SFTP server does not know our user, password or key.",
            "Rinnovare con il partner `user`, `password` o `key`.",
            "Renew `user`, `password` or `key` with the partner.",
        ),
        "sftp.identity": _ours(
            "Il nostro utente o la nostra chiave privata non si possono usare.",
            "Our user or private key cannot be used.",
            "Controllare `user`, `key` o `key_file`, e `key_password`; una chiave protetta deve essere in PKCS#8.",
            "Check `user`, `key` or `key_file`, and `key_password`; a locked key must be PKCS#8.",
        ),
        "sftp.algorithms": Entry(
            "Non si riesce a concordare una connessione cifrata: il server SFTP del partner è troppo vecchio.",
            "No encrypted connection can be agreed on: the partner's SFTP server is too old.",
            "",
            "Chi gestisce il server del partner lo aggiorna; metodi deboli (SHA-1, DSA) non si usano.",
            "Whoever runs the partner's server updates it; weak methods (SHA-1, DSA) are not used.",
        ),
        "sftp.subsystem": Entry(
            "Il server del partner ci fa entrare, ma non offre SFTP al nostro utente.",
            "The partner's server lets us in, but offers our user no SFTP.",
            "",
            "Chi gestisce il server del partner abilita SFTP per il nostro utente.",
            "Whoever runs the partner's server enables SFTP for our user.",
        ),
        "sftp.malformed": _ours(
            "A quell'indirizzo non risponde un server SFTP, o risponde male.",
            "No SFTP server answers at that address, or it answers wrongly.",
            "Controllare `host` e `port` con il partner.",
            "Check `host` and `port` with the partner.",
            "sftp.ambito.example, 22",
        ),
        "sftp.rename": _ours(
            "Sul server SFTP c'è già un altro file con lo stesso nome, e il server non permette di sostituirlo.",
            "Another file of the same name lies on the SFTP server, which does not let us replace it.",
            "Far spostare dal partner il file che c'è; o fargli offrire `posix-rename@openssh.com`.",
            "Have the partner move the file that is there, or offer `posix-rename@openssh.com`.",
        ),
    }
)
