// A server with event streams over a hub that the test publishes to.
#pragma once

#include "running_server.hpp"

#include <soteria/web/event_streams.hpp>

namespace soteria::web::test {

// Change `limits` and `reviews` before start().
class running_streams : public running_server {
public:
    ~running_streams() {
        if (streams) {
            end_streams(std::chrono::milliseconds(0)).wait();
            running_server::stop();
        }
    }

    std::uint16_t start() {
        streams = std::make_unique<event_streams>(context.get_executor(), hub, reviews, limits, [] { return 0.5; });
        needs.open_stream = [this](stream_order order) { return streams->open(std::move(order)); };
        const auto port = running_server::start();
        inside([this] {
            streams->start();
            return 0;
        });
        return port;
    }

    std::future<bool> end_streams(std::chrono::milliseconds patience) {
        return asio::co_spawn(context, streams->stop(async::deadline::after(patience)), asio::use_future);
    }

    void begin(events::position from) {
        inside([&] {
            hub.begin(std::move(from));
            hub.no_past();
            return 0;
        });
    }

    static events::record_change change(const std::string& ns, const std::string& pvc, const std::string& version,
                                        const std::string& said) {
        events::record_change made;
        made.about.record_namespace = ns;
        made.about.operation = "backup." + ns + "." + pvc;
        made.about.source = {ns, pvc};
        made.version = version;
        made.body = "event: operation\ndata: " + said + "\n\n";
        return made;
    }

    // The state of the backup of ai/data.
    void publish(const std::string& version, const std::string& said) { publish(change("ai", "data", version, said)); }

    void publish(events::record_change what) {
        inside([&] {
            hub.publish(std::move(what));
            return 0;
        });
    }

    template <class Holds>
    bool eventually(Holds holds) {
        for (const auto until = async::deadline::after(std::chrono::seconds(20)); !until.passed();) {
            if (inside(holds))
                return true;
            std::this_thread::yield();
        }
        return false;
    }

    bool all_are_gone() {
        return eventually([this] { return streams->count() == 0; });
    }

    events::hub hub;
    stream_limits limits;
    auth::access_review* reviews = nullptr;
    std::unique_ptr<event_streams> streams;
};

// A client of GET /v1/events that has read the head.
class stream_client : public raw_client {
public:
    explicit stream_client(std::uint16_t port, const std::string& query = {}, const std::string& more_headers = {},
                           const char* version = "1.1")
        : raw_client(port) {
        send("GET /v1/events" + query + " HTTP/" + version + "\r\nHost: soteria\r\n" + more_headers + "\r\n");
        head = read_until("\r\n\r\n");
    }

    // What comes up to a block with this as its data.
    std::string read_to_data(const std::string& said) { return read_until("data: " + said + "\n\n"); }

    std::string head;
};

} // namespace soteria::web::test
