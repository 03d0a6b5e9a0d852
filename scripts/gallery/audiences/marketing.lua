-- Whoever may be addressed at all: write it once, and name it everywhere.
audience "may be addressed" (attr "consent.marketing":eq(true))
