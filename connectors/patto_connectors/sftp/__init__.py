"""SFTP: a partner's drop folder on its own server, and files delivered there, whole or not at all."""

from patto_connectors.sftp.settings import SftpCaps, SftpSettings, SftpTimeouts
from patto_connectors.sftp.sink import SftpSink
from patto_connectors.sftp.source import SftpSource

__all__ = ["SftpCaps", "SftpSettings", "SftpSink", "SftpSource", "SftpTimeouts"]
