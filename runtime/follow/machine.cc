#include "follow/machine.h"

#include <sodium.h>
#include <time.h>
#include <unistd.h>

#include <fstream>

#include "base/limits.h"

namespace footlight {

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

Duration boot_clock() {
  timespec boot{};
  clock_gettime(CLOCK_BOOTTIME, &boot);
  return {static_cast<std::int64_t>(boot.tv_sec) * 1000 + boot.tv_nsec / 1'000'000};
}

std::string fresh_nonce() {
  unsigned char bytes[32];
  randombytes_buf(bytes, sizeof bytes);
  char hex[2 * sizeof bytes + 1];
  sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
  return hex;
}

Result<std::string> default_node_name(Store& store) {
  char host[256] = "node";
  ::gethostname(host, sizeof host - 1);
  auto id = store.meta(store_meta::store_id);
  if (!id) return id.error();
  const std::string ending = "-" + id->value_or("").substr(0, 6);
  return std::string(host).substr(0, limits::id_bytes_max - ending.size()) + ending;
}

}  // namespace footlight
