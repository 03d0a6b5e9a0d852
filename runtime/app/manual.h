// The manual page and the shell completion, printed from the options that the program has.
#pragma once

#include <string>
#include <vector>

namespace footlight {

struct ManualOption {
  std::string names;  // `--at`, `-h,--help`; of a positional its name
  std::string help;
  std::string otherwise;             // the default, may be empty
  std::vector<std::string> choices;  // where only these are taken
  bool is_positional = false;
  bool takes_value = false;
};

struct ManualCommand {
  std::string name, help;
  std::vector<ManualOption> options;
  std::vector<ManualCommand> commands;
};

std::string manual_page(const ManualCommand& program);  // roff, section 1
std::string bash_completion(const ManualCommand& program);

}  // namespace footlight
