#include "app/manual.h"

#include "base/text.h"
#include "footlight/version.h"

namespace footlight {
namespace {

// Text as roff takes it: a backslash or hyphen is itself, no line begins with a dot or quote.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += std::string("\\&") + c;
    else out += c;
  }
  return out;
}

void append_options(std::string& out, const ManualCommand& command) {
  for (const ManualOption& option : command.options) {
    std::string value;
    for (const std::string& choice : option.choices) value += (value.empty() ? "" : "|") + choice;
    if (value.empty() && option.takes_value) value = "VALUE";
    out += ".TP\n\\fB" + roff(option.names) + "\\fR" + (value.empty() || option.is_positional ? "" : " \\fI" + roff(value) + "\\fR") +
        "\n" + roff(option.help);
    if (option.is_positional && !value.empty() && !option.choices.empty()) out += ": " + roff(value);
    if (!option.otherwise.empty()) out += "; default: " + roff(option.otherwise);
    out += "\n";
  }
}

std::string positionals(const ManualCommand& command) {
  std::string out;
  for (const ManualOption& option : command.options)
    if (option.is_positional) out += " \\fI" + roff(option.names) + "\\fR";
  return out;
}

void append_command(std::string& out, const ManualCommand& command, const std::string& before) {
  if (!command.commands.empty()) {
    for (const ManualCommand& inner : command.commands) append_command(out, inner, before + command.name + " ");
    return;
  }
  out += ".SS \"" + roff(before + command.name) + "\"\n.B footlight " + roff(before + command.name) + "\n" +
      (positionals(command).empty() ? "" : positionals(command).substr(1) + "\n") + "[options]\n.PP\n" + roff(command.help) + ".\n";
  append_options(out, command);
}

// The words that may follow, and those that follow an option, as cases of a shell.
void append_cases(std::string& out, std::string& values, const ManualCommand& command, const std::string& before) {
  std::string words;
  const std::string path = before.empty() ? command.name : before + " " + command.name;
  for (const ManualCommand& inner : command.commands) words += inner.name + " ";
  for (const ManualOption& option : command.options) {
    std::string choices;
    for (const std::string& choice : option.choices) choices += (choices.empty() ? "" : " ") + choice;
    if (option.is_positional) {
      words += choices.empty() ? "" : choices + " ";
      continue;
    }
    for (const std::string_view name : split(option.names, ',')) {
      words += std::string(name) + " ";
      if (!option.takes_value) continue;
      // A value of its own, or a file.
      values += "    '" + path + " " + std::string(name) + "') choices='" + choices + "' ;;\n";
    }
  }
  out += "    '" + path + "') words='" + std::string(trim(words)) + "' ;;\n";
  for (const ManualCommand& inner : command.commands) append_cases(out, values, inner, path);
}

}  // namespace

std::string manual_page(const ManualCommand& program) {
  std::string out = ".TH FOOTLIGHT 1 \"\" \"Footlight " FOOTLIGHT_VERSION
                    "\" \"User Commands\"\n"
                    ".SH NAME\nfootlight \\- " +
      roff("code-based experiences: check, test, preview and serve them") +
      "\n"
      ".SH SYNOPSIS\n.B footlight\n.I command\n[options]\n.SH DESCRIPTION\n" +
      roff(program.help) + ".\n.SH COMMANDS\n";
  for (const ManualCommand& command : program.commands) append_command(out, command, "");
  out +=
      ".SH ENVIRONMENT\n"
      ".TP\n\\fBFOOTLIGHT_SERVER\\fR, \\fBFOOTLIGHT_TOKEN\\fR\nThe server to ask, and the bearer token for it, where no option says.\n"
      ".TP\n\\fBFOOTLIGHT_AS\\fR\nOn a data file: who you are, \\fBann:author,publisher\\fR.\n"
      ".TP\n\\fBNO_COLOR\\fR\nNo colours, even on a terminal.\n"
      ".SH \"EXIT STATUS\"\n0 done, 1 problems found, 2 wrong call, 3 refused, 4 unavailable or broken.\n"
      ".SH EXAMPLES\n.nf\nfootlight init shop\nfootlight test shop\nfootlight explain shop \\-\\-on hero \\-\\-profile "
      "shop/profiles/gold.json\n"
      "footlight serve shop \\-\\-data footlight.db\n.fi\n";
  return out;
}

std::string bash_completion(const ManualCommand& program) {
  std::string cases, values;
  for (const ManualCommand& command : program.commands) append_cases(cases, values, command, "");
  std::string commands;
  for (const ManualCommand& command : program.commands) commands += command.name + " ";
  return "# Completion of footlight(1) for bash, printed by `footlight docs completion`.\n"
         "_footlight() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words='' choices=-\n"
         "  (( COMP_CWORD > 2 )) && [[ $command == bench ]] && command=\"$command ${COMP_WORDS[2]}\"\n"
         "  COMPREPLY=()\n"
         "  if (( COMP_CWORD == 1 )); then\n"
         "    COMPREPLY=($(compgen -W '" +
      commands +
      "--help --version' -- \"$cur\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$command $prev\" in\n" +
      values +
      "  esac\n"
      "  if [[ $choices != - ]]; then   # the value of an option: one of these, or else a file\n"
      "    if [[ $choices ]]; then COMPREPLY=($(compgen -W \"$choices\" -- \"$cur\")); else COMPREPLY=($(compgen -f -- \"$cur\")); fi\n"
      "    return\n"
      "  fi\n"
      "  case $command in\n" +
      cases +
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "  [[ $cur == -* ]] || COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
      "}\n"
      "complete -o filenames -F _footlight footlight\n";
}

}  // namespace footlight
