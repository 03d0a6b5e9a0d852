# Writes OUT, a C++ file that holds the text of IN as `const std::string_view footlight::NAME`.
file(READ "${IN}" TEXT)
# A raw string may not be longer than 64 KB on every compiler; ours are a tenth of that.
file(WRITE "${OUT}" "// Made from ${LABEL}; do not edit.\n#include <string_view>\nnamespace footlight {\nextern const std::string_view ${NAME};\nconst std::string_view ${NAME} = R\"footlight(${TEXT})footlight\";\n}  // namespace footlight\n")
