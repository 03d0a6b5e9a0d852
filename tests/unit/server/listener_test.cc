// The listener over real sockets: connections, limits, deadlines and the way out.
#include "server/listener.h"

#include <atomic>
#include <csignal>
#include <functional>
#include <future>
#include <set>
#include <stdexcept>
#include <thread>

#include "server_fixture.h"

using namespace footlight;

namespace {

// Deadlines short enough to wait for, in a listener that sweeps often enough to notice.
Listener::Options hasty_options() {
  Listener::Options options = test_options();
  options.sweep_interval = milliseconds(10);
  return options;
}

// Asks on new connections until `holds`: for what a server does in its own time.
template <class Holds>
bool comes_true(Holds holds) {
  // Handlers step back behind whoever spins here, so a busy machine needs many.
  for (int i = 0; i < 10'000'000; ++i) {
    if (holds()) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace

TEST_CASE("a thousand requests share one connection, each with an id of its own") {
  auto listener = start_listener(test_options(), {.handle = echo});
  RawClient client(listener->port());
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string n = std::to_string(i);
    const RawReply reply = client.ask(post("/" + n, n));
    REQUIRE(reply.status == 200);
    REQUIRE(reply.body == "POST /" + n + " " + n);
    ids.insert(reply.field("X-Request-Id"));
  }
  CHECK(ids.size() == 1000);
  CHECK(listener->connections() == 1);
}

TEST_CASE("requests sent at once are answered in order") {
  auto listener = start_listener(test_options(), {.handle = echo});
  RawClient client(listener->port());
  std::string all;
  for (int i = 0; i < 100; ++i) all += i % 2 ? get("/" + std::to_string(i)) : post("/" + std::to_string(i), "body");
  client.send(all);
  for (int i = 0; i < 100; ++i) {
    CHECK(client.read_reply().body == (i % 2 ? "GET /" + std::to_string(i) + " " : "POST /" + std::to_string(i) + " body"));
  }
}

TEST_CASE("answers to many requests at once may be larger than one batch") {
  const std::string large(200'000, 'x');
  auto listener = start_listener(test_options(), {.handle = [&](const HttpRequest&) { return text_response(large); }});
  RawClient client(listener->port());
  std::string all;
  for (int i = 0; i < 10; ++i) all += get("/");
  client.send(all);
  for (int i = 0; i < 10; ++i) CHECK(client.read_reply().body == large);
}

TEST_CASE("many clients are served at once, by several workers") {
  Listener::Options options = test_options();
  options.workers = 2;
  std::atomic<int> handled{0};
  auto listener = start_listener(options, {.handle = [&](const HttpRequest& request) {
                                   ++handled;
                                   return echo(request);
                                 }});
  std::atomic<int> right{0};
  std::vector<std::thread> clients;
  for (int t = 0; t < 8; ++t) {
    clients.emplace_back([&, t] {
      for (int connection = 0; connection < 5; ++connection) {
        RawClient client(listener->port());
        for (int i = 0; i < 40; ++i) {
          const std::string n = std::to_string(t * 1000 + i);
          right += client.ask(post("/" + n, n)).body == "POST /" + n + " " + n;
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(right == 1600);
  CHECK(handled == 1600);
}

TEST_CASE("answers that are ready are written together, in front of whatever may have to wait") {
  std::promise<void> entered, released, entered_last, released_last;
  const auto handle = [&](const HttpRequest& request) {
    if (request.path.front() == "first") {
      entered.set_value();
      released.get_future().wait();
    } else if (request.path.front() == "last") {
      entered_last.set_value();
      released_last.get_future().wait();
    }
    return echo(request);
  };
  auto listener = start_listener(test_options(),
                                 {.handle = handle, .is_quick = [](const HttpRequest& request) { return request.path.front() != "last"; }});
  RawClient first(listener->port()), last(listener->port());
  std::vector<std::unique_ptr<RawClient>> quick;
  for (int i = 0; i < 5; ++i) quick.push_back(std::make_unique<RawClient>(listener->port()));
  CHECK(first.ask(get("/")).status == 200);
  CHECK(last.ask(get("/")).status == 200);
  first.send(get("/first"));
  entered.get_future().wait();
  // All of these lie there when the worker looks again.
  for (const auto& client : quick) client->send(get("/quick") + get("/quick") + get("/quick"));
  last.send(get("/last"));
  released.set_value();
  CHECK(first.read_reply().body == "GET /first ");
  entered_last.get_future().wait();
  for (const auto& client : quick)
    for (int n = 0; n < 3; ++n) CHECK(client->read_reply().body == "GET /quick ");
  released_last.set_value();
  CHECK(last.read_reply().body == "GET /last ");
}

TEST_CASE("a handler that takes long holds up nobody but who asked it") {
  std::promise<void> entered, released;
  std::atomic<int> finished = 0;
  const auto handle = [&](const HttpRequest& request) {
    if (request.path.front() == "slow") {
      entered.set_value();
      released.get_future().wait();
    }
    if (request.path.front() == "wrong") throw std::runtime_error("no");
    if (request.path.front() != "quick") ++finished;
    return echo(request);
  };
  auto listener = start_listener(
      test_options(), {.handle = handle, .is_quick = [](const HttpRequest& request) { return request.path.front() == "quick"; }});
  RawClient slow(listener->port()), other(listener->port());
  auto gone = std::make_unique<RawClient>(listener->port());
  // Its own answers keep their order.
  slow.send(get("/quick") + get("/slow") + get("/quick") + get("/wrong") + get("/aside"));
  entered.get_future().wait();
  gone->send(get("/gone"));
  for (int i = 0; i < 100; ++i) CHECK(other.ask(get("/quick")).body == "GET /quick ");
  gone.reset();
  CHECK(slow.read_reply().body == "GET /quick ");
  CHECK(finished == 0);
  released.set_value();
  CHECK(slow.read_reply().body == "GET /slow ");
  CHECK(slow.read_reply().body == "GET /quick ");
  CHECK(slow.read_reply().status == 500);
  CHECK(slow.read_reply().body == "GET /aside ");
  CHECK(comes_true([&] { return finished == 3 && listener->connections() == 2; }));
}

TEST_CASE("a server that stops waits for a handler that takes long") {
  std::promise<void> entered, released;
  const auto handle = [&](const HttpRequest& request) {
    entered.set_value();
    released.get_future().wait();
    return echo(request);
  };
  auto listener = start_listener(test_options(), {.handle = handle, .is_quick = [](const HttpRequest&) { return false; }});
  RawClient client(listener->port());
  client.send(get("/slow"));
  entered.get_future().wait();
  listener->stop();
  released.set_value();
  const auto reply = client.read_reply();
  CHECK(reply.body == "GET /slow ");
  CHECK(reply.field("Connection") == "close");
  listener->wait();
}

TEST_CASE("a client that is gone costs nobody else an answer, however many are answered at once") {
  std::promise<void> entered, released;
  const auto handle = [&](const HttpRequest& request) {
    if (request.path.front() == "first") {
      entered.set_value();
      released.get_future().wait();
    }
    return text_response(std::string(100'000, 'x'));
  };
  auto listener = start_listener(test_options(), {.handle = handle, .is_quick = [](const HttpRequest&) { return true; }});
  RawClient first(listener->port());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(std::make_unique<RawClient>(listener->port()));
  for (const auto& client : clients) CHECK(client->ask(get("/")).status == 200);
  first.send(get("/first"));
  entered.get_future().wait();
  for (const auto& client : clients) client->send(get("/a") + get("/b") + get("/c") + get("/d"));
  for (int i = 0; i < 100; i += 2) clients[static_cast<std::size_t>(i)].reset();  // closed with what they asked
  released.set_value();
  CHECK(first.read_reply().status == 200);
  for (const auto& client : clients)
    for (int n = 0; client && n < 4; ++n) CHECK(client->read_reply().body.size() == 100'000);
  CHECK(comes_true([&] { return listener->connections() == 51; }));
}

TEST_CASE("a body of many pieces and a thousand requests behind it come out whole") {
  auto listener =
      start_listener(test_options(),
                     {.handle = [](const HttpRequest& r) { return text_response(std::to_string(std::hash<std::string>()(r.body))); },
                      .is_quick = [](const HttpRequest&) { return true; }});
  RawClient client(listener->port());
  std::string body(250'000, 'b');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i * i % 23);
  std::string all = post("/", body);
  for (int i = 0; i < 1000; ++i) all += post("/", body.substr(static_cast<std::size_t>(i), 300));
  std::thread sends([&] { client.send(all); });
  CHECK(client.read_reply().body == std::to_string(std::hash<std::string>()(body)));
  for (int i = 0; i < 1000; ++i)
    CHECK(client.read_reply().body == std::to_string(std::hash<std::string>()(body.substr(static_cast<std::size_t>(i), 300))));
  sends.join();
}

TEST_CASE("a client that goes away while its answer is held takes its place with it") {
  std::atomic<bool> is_held = false;
  auto listener = start_listener(
      test_options(), {.handle = [&](const HttpRequest& request) {
        HttpResponse response = echo(request);
        if (request.path.front() == "wait")
          response.hold = std::make_shared<const Hold>(Hold{[&] {
                                                              is_held = true;
                                                              return false;
                                                            },
                                                            minutes(10), []() -> HttpResponse { return text_response("late"); }});
        return response;
      }});
  RawClient other(listener->port());
  {
    RawClient waiting(listener->port());
    waiting.reset_when_closed();
    waiting.send(get("/wait"));
    REQUIRE(comes_true([&] { return is_held.load(); }));
  }
  CHECK(comes_true([&] { return listener->connections() == 1; }));
  CHECK(other.ask(get("/x")).body == "GET /x ");
}

TEST_CASE("a handler sees the request as data, stamped once") {
  HttpRequest seen;
  auto listener = start_listener(test_options(), {.handle = [&](const HttpRequest& request) {
                                   seen = request;
                                   return text_response("");
                                 }});
  RawClient client(listener->port());
  const RawReply reply = client.ask(post("/a%2Fb?x=1", "body", "X-Request-Id: mine-1\r\nX-Thing: t\r\n"));
  CHECK(reply.field("X-Request-Id") == "mine-1");
  CHECK(reply.field("Date") == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(reply.field("X-Content-Type-Options") == "nosniff");
  CHECK(seen.method == "POST");
  CHECK(seen.path == std::vector<std::string>{"a/b"});
  CHECK(seen.parameter("x") == "1");
  CHECK(seen.headers.get("x-thing") == "t");
  CHECK(seen.body == "body");
  CHECK(seen.request_id == "mine-1");
  CHECK(seen.received == test_instant());
  CHECK_THAT(seen.peer, Catch::StartsWith("127.0.0.1:"));
}

TEST_CASE("a request id that could confuse a log is replaced") {
  auto listener = start_listener(test_options(), {.handle = echo});
  RawClient client(listener->port());
  const auto id_for = [&](const std::string& id) { return client.ask(get("/", "X-Request-Id: " + id + "\r\n")).field("X-Request-Id"); };
  const std::string longest(limits::request_id_bytes_max, 'a');
  CHECK(id_for(longest) == longest);
  for (const std::string& bad : {longest + "a", std::string("two words"), std::string("quo\"te"), std::string("\xff")}) {
    const std::string id = id_for(bad);
    CHECK(id != bad);
    CHECK_FALSE(id.empty());
  }
}

TEST_CASE("HEAD gets the header of GET, and the connection goes on") {
  auto listener = start_listener(test_options(), {.handle = echo});
  RawClient client(listener->port());
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" + get("/y"));
  CHECK(client.read_reply(true).field("Content-Length") == "8");
  CHECK(client.read_reply().body == "GET /y ");
}

TEST_CASE("HTTP/1.0 closes unless asked to stay") {
  auto listener = start_listener(test_options(), {.handle = echo});
  RawClient client(listener->port());
  CHECK(client.ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").field("Connection") == "keep-alive");
  const RawReply last = client.ask("GET /b HTTP/1.0\r\n\r\n");
  CHECK(last.body == "GET /b ");
  CHECK(last.field("Connection") == "close");
  CHECK(client.read_until_closed().closed);
}

TEST_CASE("a client that asks to close is answered, then closed, and what it sent behind is not") {
  auto listener = start_listener(test_options(), {.handle = echo});
  RawClient client(listener->port());
  const RawReply reply = client.ask(get("/a", "Connection: close\r\n") + get("/b"));
  CHECK(reply.body == "GET /a ");
  CHECK(reply.field("Connection") == "close");
  const auto rest = client.read_until_closed();
  CHECK(rest.bytes.empty());
  CHECK(rest.closed);
}

TEST_CASE("a client that sends no more still gets every answer") {
  auto listener = start_listener(test_options(), {.handle = echo});
  RawClient client(listener->port());
  client.send(get("/a") + get("/b"));
  client.send_no_more();
  CHECK(client.read_reply().body == "GET /a ");
  CHECK(client.read_reply().body == "GET /b ");
  CHECK(client.read_until_closed().closed);
}

TEST_CASE("a client that waits for 100 Continue gets it, unless its body will not be taken") {
  auto listener = start_listener(test_options(), {.handle = echo, .body_limit = [](const HttpRequest&) -> std::size_t { return 4; }});
  RawClient client(listener->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.read_reply().head == "HTTP/1.1 100 Continue\r\n");
  CHECK(client.ask("body").body == "POST / body");

  CHECK(client.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n").status == 413);
  CHECK(client.read_until_closed().closed);
}

TEST_CASE("each route has its own body limit, asked when the header is complete") {
  const auto limit = [](const HttpRequest& head) -> std::size_t {
    return head.path.front() == "large" && head.body.empty() ? limits::body_bytes_max : 10;
  };
  auto listener = start_listener(
      test_options(), {.handle = [](const HttpRequest& r) { return text_response(std::to_string(r.body.size())); }, .body_limit = limit});
  const auto status = [&](const std::string& target, std::size_t bytes) {
    RawClient client(listener->port());
    client.send(post(target, std::string(bytes, 'b')));
    return client.read_reply().status;
  };
  CHECK(status("/small", 10) == 200);
  CHECK(status("/small", 11) == 413);
  CHECK(status("/large", limits::body_bytes_max) == 200);
  CHECK(status("/large", limits::body_bytes_max + 1) == 413);
}

TEST_CASE("a refusal arrives although the client has not finished sending") {
  auto listener = start_listener(test_options(), {.handle = echo, .body_limit = [](const HttpRequest&) -> std::size_t { return 10; }});
  RawClient client(listener->port());
  client.send(post("/", std::string(1 << 20, 'b')));  // far more than the sockets hold
  CHECK(client.read_reply().status == 413);
}

TEST_CASE("a handler that throws costs its request a 500, not the connection") {
  std::string defect;
  auto listener = start_listener(test_options(),
                                 {.handle = [](const HttpRequest& request) -> HttpResponse {
                                    if (request.path.front() == "throw") throw std::runtime_error("the secret reason");
                                    if (request.path.front() == "odd") throw 42;
                                    if (request.path.front() == "status") return {.status = 99};
                                    return echo(request);
                                  },
                                  .answered = [&](const Answered& answered) { defect = answered.response.defect; }});
  RawClient client(listener->port());
  struct Case {
    const char* target;
    const char* defect;
  };
  for (const auto& [target, says] :
       {Case{"/throw", "the secret reason"}, Case{"/odd", "no std::exception"}, Case{"/status", "status 99"}}) {
    const RawReply reply = client.ask(get(target, "X-Request-Id: r-9\r\n"));
    CHECK(reply.status == 500);
    CHECK(reply.field("Content-Type") == "application/problem+json");
    CHECK_THAT(reply.body, Catch::Contains("\"instance\":\"r-9\"") && !Catch::Contains("secret"));
    CHECK_THAT(defect, Catch::Contains(says));
  }
  CHECK(client.ask(get("/fine")).body == "GET /fine ");
  CHECK(defect.empty());
}

TEST_CASE("an observer hears of every answer, refusals too, and may fail") {
  std::vector<int> statuses;
  auto listener = start_listener(test_options(), {.handle = echo, .answered = [&](const Answered& answered) {
                                                    statuses.push_back(answered.response.status);
                                                    throw std::runtime_error("the disk is full");
                                                  }});
  RawClient client(listener->port());
  CHECK(client.ask(get("/")).status == 200);
  CHECK(client.ask("nonsense\r\n\r\n").status == 400);
  CHECK(client.read_until_closed().closed);
  CHECK(statuses == std::vector<int>{200, 400});
}

TEST_CASE("a header that comes too slowly is cut at its deadline, however many bytes still come") {
  Listener::Options options = hasty_options();
  options.header_timeout = milliseconds(200);
  auto listener = start_listener(options, {.handle = echo});

  RawClient stuck(listener->port());
  stuck.send("GET / HTTP/1.1\r\nHo");
  CHECK(stuck.read_reply().status == 408);
  CHECK(stuck.read_until_closed().closed);

  RawClient drips(listener->port());
  drips.send("GET /");
  int sent = 0;
  while (!drips.is_readable_within(10) && sent < 1000) {
    drips.send("a");
    ++sent;
  }
  CHECK(sent > 1);
  CHECK(drips.read_reply().status == 408);
  CHECK(drips.read_until_closed().closed);
}

TEST_CASE("who connects and says nothing is closed without a word") {
  Listener::Options options = hasty_options();
  options.header_timeout = milliseconds(100);
  auto listener = start_listener(options, {.handle = echo});
  RawClient client(listener->port());
  const auto rest = client.read_until_closed();
  CHECK(rest.bytes.empty());
  CHECK(rest.closed);
}

TEST_CASE("a body that comes too slowly is cut at its deadline") {
  Listener::Options options = hasty_options();
  options.body_timeout = milliseconds(100);
  auto listener = start_listener(options, {.handle = echo});
  RawClient client(listener->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  CHECK(client.read_reply().status == 408);
  CHECK(client.read_until_closed().closed);
}

TEST_CASE("an idle connection is closed without a word") {
  Listener::Options options = hasty_options();
  options.idle_timeout = milliseconds(100);
  auto listener = start_listener(options, {.handle = echo});
  RawClient client(listener->port());
  CHECK(client.ask(get("/")).status == 200);
  const auto rest = client.read_until_closed();
  CHECK(rest.bytes.empty());
  CHECK(rest.closed);
}

TEST_CASE("a client that does not read its answer is cut") {
  Listener::Options options = hasty_options();
  options.write_timeout = milliseconds(100);
  const std::string large(64 << 20, 'x');  // more than the sockets hold
  auto listener = start_listener(options, {.handle = [&](const HttpRequest&) { return text_response(large); }});
  RawClient client(listener->port());
  client.send(get("/"));
  REQUIRE(client.is_readable_within(10'000));
  RawClient idle(listener->port());  // its 10 s header deadline is far away
  CHECK(comes_true([&] { return listener->connections() == 2; }));
  CHECK(comes_true([&] {
    idle.is_readable_within(5);
    return listener->connections() == 1;
  }));
  CHECK(client.read_reply().body.size() < large.size());
}

TEST_CASE("one connection past the cap is told so, and there is room again when one leaves") {
  Listener::Options options = test_options();
  options.connections_max = 2;
  auto listener = start_listener(options, {.handle = echo});
  RawClient first(listener->port());
  CHECK(first.ask(get("/")).status == 200);
  {
    RawClient second(listener->port());
    CHECK(second.ask(get("/")).status == 200);
    RawClient third(listener->port());
    const RawReply reply = third.read_reply();
    CHECK(reply.status == 503);
    CHECK(reply.field("Retry-After") == "1");
    CHECK(third.read_until_closed().closed);
  }
  CHECK(comes_true([&] {
    RawClient next(listener->port());
    return next.ask(get("/")).status == 200;
  }));
}

TEST_CASE("stopping answers what has begun, closes what is idle and takes nothing new") {
  std::promise<void> entered;
  std::promise<void> released;
  auto listener = start_listener(test_options(), {.handle = [&](const HttpRequest& request) {
                                   if (request.path.front() == "slow") {
                                     entered.set_value();
                                     released.get_future().wait();
                                   }
                                   return echo(request);
                                 }});
  const std::uint16_t port = listener->port();
  RawClient idle(port);
  CHECK(idle.ask(get("/")).status == 200);
  RawClient busy(port);
  busy.send(get("/slow") + get("/behind"));
  entered.get_future().wait();

  std::thread one([&] { listener->stop(); });
  std::thread other([&] { listener->stop(); });
  one.join();
  other.join();
  released.set_value();

  const RawReply reply = busy.read_reply();
  CHECK(reply.body == "GET /slow ");
  CHECK(reply.field("Connection") == "");  // another request had come already
  const RawReply last = busy.read_reply();
  CHECK(last.body == "GET /behind ");
  CHECK(last.field("Connection") == "close");
  CHECK(busy.read_until_closed().closed);
  CHECK(idle.read_until_closed().closed);
  listener->wait();
  CHECK(listener->connections() == 0);
  CHECK_FALSE(RawClient(port).is_connected());
}

TEST_CASE("a request that arrives in pieces while the server stops is still answered") {
  auto listener = start_listener(test_options(), {.handle = echo});
  RawClient client(listener->port());
  CHECK(client.ask(get("/")).status == 200);
  client.send("POST /late HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(client.read_reply().head == "HTTP/1.1 100 Continue\r\n");  // so it has begun
  listener->stop();
  const RawReply reply = client.ask("body");
  CHECK(reply.body == "POST /late body");
  CHECK(reply.field("Connection") == "close");
}

TEST_CASE("what is left after the drain's time is cut") {
  Listener::Options options = test_options();
  options.drain_timeout = milliseconds(100);
  auto listener = start_listener(options, {.handle = echo});
  RawClient client(listener->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(client.read_reply().head == "HTTP/1.1 100 Continue\r\n");
  listener->stop();
  listener->wait();  // with a body that never comes
  CHECK(client.read_until_closed().closed);
}

TEST_CASE("a listener that nobody asked anything stops at once, with any number of workers") {
  for (const int workers : {1, 2, 4}) {
    Listener::Options options = test_options();
    options.workers = workers;
    auto listener = start_listener(options, {.handle = echo});
    listener->stop();
    listener->wait();
    listener->wait();
  }
}

TEST_CASE("a port that is taken is refused with its address, also where workers would share it") {
  for (const int mine : {1, 2}) {
    for (const int theirs : {1, 2}) {
      INFO(mine << " workers against " << theirs);
      Listener::Options options = test_options();
      options.workers = theirs;
      auto listener = start_listener(options, {.handle = echo});
      options.workers = mine;
      options.port = listener->port();
      const auto second = Listener::start(options, {.handle = echo});
      REQUIRE_FALSE(second.ok());
      CHECK(second.error().code == Code::unavailable);
      CHECK_THAT(second.error().message,
                 Catch::Contains("`127.0.0.1:" + std::to_string(listener->port()) + "`") && Catch::Contains("in use"));
    }
  }
}

TEST_CASE("an address that is none is refused with one that is") {
  Listener::Options options = test_options();
  options.address = "localhost:80";
  const auto listener = Listener::start(options, {.handle = echo});
  REQUIRE_FALSE(listener.ok());
  CHECK(listener.error().code == Code::usage);
  CHECK_THAT(listener.error().message, Catch::Contains("`localhost:80`") && Catch::Contains("127.0.0.1"));
}

TEST_CASE("its URL is where it listens") {
  auto listener = start_listener(test_options(), {.handle = echo});
  CHECK(listener->url() == "http://127.0.0.1:" + std::to_string(listener->port()));
}

TEST_CASE("a signal that comes before anybody waits for it is not lost") {
  for (const int signal : {SIGTERM, SIGINT}) {
    StopSignals signals;
    std::raise(signal);
    signals.wait();
  }
}

TEST_CASE("an answer that waits for news holds its connection and no other, on a single worker") {
  std::atomic<bool> is_news = false;
  const auto handle = [&](const HttpRequest& request) {
    HttpResponse response = text_response("nothing new");
    if (request.path[0] == "wait")
      response.hold = std::make_shared<const Hold>(
          Hold{[&] { return is_news.load(); }, minutes(1), [&] { return text_response(is_news ? "news" : "none"); }});
    return response;
  };
  auto listener = start_listener(hasty_options(), {.handle = handle});
  RawClient waiting(listener->port()), other(listener->port());
  waiting.send(get("/first") + get("/wait") + get("/last"));
  CHECK(waiting.read_reply().body == "nothing new");  // what was asked before it does not wait
  for (int i = 0; i < 100; ++i) CHECK(other.ask(get("/other")).body == "nothing new");
  is_news = true;
  CHECK(waiting.read_reply().body == "news");
  CHECK(waiting.read_reply().body == "nothing new");  // what was asked behind it comes behind it
}

TEST_CASE("an answer waits for news no longer than it may, and a server that ends does not wait for it") {
  const auto held_for = [](Duration at_most) {
    return [at_most](const HttpRequest&) {
      HttpResponse response = text_response("first");
      response.hold =
          std::make_shared<const Hold>(Hold{[] { return false; }, at_most, []() -> HttpResponse { return text_response("at last"); }});
      return response;
    };
  };
  auto patient = start_listener(hasty_options(), {.handle = held_for(milliseconds(20))});
  RawClient client(patient->port());
  CHECK(client.ask(get("/")).body == "at last");
  CHECK(client.ask(get("/")).body == "at last");  // the connection goes on
  std::atomic<bool> is_held = false;
  const auto hold = std::make_shared<const Hold>(Hold{[&] {
                                                        is_held = true;
                                                        return false;
                                                      },
                                                      minutes(10), []() -> HttpResponse { return text_response("at last"); }});
  auto ending = start_listener(hasty_options(), {.handle = [hold](const HttpRequest&) {
                                 HttpResponse response = text_response("first");
                                 response.hold = hold;
                                 return response;
                               }});
  RawClient last(ending->port());
  last.send(get("/"));
  REQUIRE(comes_true([&] { return is_held.load(); }));
  ending->stop();
  const RawReply reply = last.read_reply();
  CHECK(reply.body == "at last");
  CHECK(reply.field("Connection") == "close");
  ending->wait();
}

TEST_CASE("a held answer that throws is a 500 like any other") {
  auto listener = start_listener(test_options(), {.handle = [](const HttpRequest&) {
                                   HttpResponse response = text_response("first");
                                   response.hold = std::make_shared<const Hold>(
                                       Hold{[] { return true; }, minutes(1), []() -> HttpResponse { throw std::runtime_error("no"); }});
                                   return response;
                                 }});
  RawClient client(listener->port());
  CHECK(client.ask(get("/")).status == 500);
}
