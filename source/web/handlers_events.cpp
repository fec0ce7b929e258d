// The event stream's beginning; event_streams does the rest.
#include "routes.hpp"

#include <soteria/domain/names.hpp>
#include <soteria/web/event_streams.hpp>

namespace soteria::web {
namespace {

result<stream_order> read_order(const call& each) {
    stream_order order;
    const auto& asked = each.asked;
    if (const auto ns = asked.parameter("namespace")) {
        order.filter.ns = *ns;
        if (const auto good = domain::check_namespace("namespace", *ns); !good)
            return good.error();
    }
    if (const auto pvc = asked.parameter("pvc")) {
        order.filter.pvc = *pvc;
        if (const auto good = domain::check_pvc_name("pvc", *pvc); !good)
            return good.error();
    }
    if (const auto id = asked.parameter("operation")) {
        order.filter.operation = *id;
        if (!domain::parse_operation_id(*id))
            return failure(errc::invalid, "\"operation\" is not the id of an operation", "bad_parameter");
    }
    // The header is newer: a browser keeps the address, and sends the header when it comes back.
    order.last_event_id = asked.parameter("last_event_id");
    if (const auto sent = asked.header_values("Last-Event-ID"); !sent.empty())
        order.last_event_id = std::string(sent.front());
    order.who = each.who;
    return order;
}

} // namespace

boost::asio::awaitable<response> router::routes::events(call& each) {
    auto order = read_order(each);
    if (!order)
        co_return failure_answer(order.error(), each.asked);
    response answer(200, "text/event-stream", {});
    answer.with("Cache-Control", "no-store").with("X-Accel-Buffering", "no");
    if (each.asked.method == "HEAD")
        co_return answer;
    auto opened = needs_.open_stream(std::move(*order));
    if (!opened)
        co_return failure_answer(opened.error(), each.asked);
    answer.receiver = std::move(*opened);
    co_return answer;
}

} // namespace soteria::web
