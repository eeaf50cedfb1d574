"""ModI security: sign what leaves, verify what comes, and ask PDND for vouchers."""
