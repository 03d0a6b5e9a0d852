// Remote: where the CLI's commands go: to a server over HTTP, or to a data file through the same
// routes within this process.
#pragma once

#include <memory>
#include <string>

#include "app/host.h"
#include "server/router.h"

namespace footlight {

struct RemoteOptions {
  std::string server;  // `http://…`; empty: the data file
  std::string token;
  std::string data;  // path of a data file
  std::string as;    // on a data file: `ann:author,publisher`
  std::string workspace;
  Window window;
};

// What is not said, from the environment: FOOTLIGHT_SERVER and FOOTLIGHT_TOKEN unless a data file is
// named, FOOTLIGHT_AS.
RemoteOptions with_environment(RemoteOptions options);

class Remote {
 public:
  static Result<std::unique_ptr<Remote>> open(const RemoteOptions& said, const std::string& workspace_of_files = {});
  // Calls within this process, as `caller`, on a host that is there already.
  Remote(Api& api, Caller caller);
  ~Remote();

  // The body of a 2xx answer; anything else as the Error that it tells.
  Result<Value> call(const std::string& method, const std::string& target, const Value& body = {}, const Headers& headers = {});

 private:
  Remote() = default;
  RemoteOptions options_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<Router> router_;
  Caller caller_;
};

}  // namespace footlight
