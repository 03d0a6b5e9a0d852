// What the library gives to its hosts, and nothing else, carries FOOTLIGHT_API: every public header
// opens its namespace with it, so what is declared in runtime/include is exported and all else is hidden.
// FOOTLIGHT_STATIC, which the package defines for users of the static library, makes it nothing.
#pragma once

#if defined(__GNUC__) && !defined(FOOTLIGHT_STATIC)
#define FOOTLIGHT_API __attribute__((visibility("default")))
#define FOOTLIGHT_HIDDEN __attribute__((visibility("hidden")))
#else
#define FOOTLIGHT_API
#define FOOTLIGHT_HIDDEN
#endif
