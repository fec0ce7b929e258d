#include <soteria/events/frame.hpp>

#include <boost/json/serialize.hpp>

namespace soteria::events {
// What GET /v1/operations lists for the same namespace and PVC is among it.
bool matches(const filter& wanted, const subject& about) {
    if (about.what == topic::reset || about.what == topic::restart)
        return true;
    const bool of_namespace = wanted.ns.empty() || wanted.ns == about.record_namespace ||
                              wanted.ns == about.source.ns || wanted.ns == about.target.ns;
    const bool of_claim = wanted.pvc.empty() || wanted.pvc == about.source.name || wanted.pvc == about.target.name;
    const bool of_operation = wanted.operation.empty() || wanted.operation == about.operation;
    return of_namespace && of_claim && of_operation;
}

std::size_t frame::bytes() const {
    return sizeof(frame) + text.size() + about.operation.size() + about.record_namespace.size() +
           about.source.ns.size() + about.source.name.size() + about.target.ns.size() + about.target.name.size();
}

std::string id_line(const position& at) {
    return "id: " + to_string(at) + "\n";
}

std::string reset_block(const position& now, std::string_view reason) {
    const auto quoted = boost::json::serialize(boost::json::string_view(reason.data(), reason.size()));
    return id_line(now) + "event: reset\ndata: {\"reason\":" + quoted + "}\n\n";
}

} // namespace soteria::events
