// Any bytes into the watch decoder and the decoders behind it: no crash, and the same events wherever they are cut.
#include <soteria/kube/decode.hpp>
#include <soteria/kube/lease.hpp>
#include <soteria/kube/status.hpp>
#include <soteria/kube/watch_decoder.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

using namespace soteria::kube;

namespace {

struct outcome {
    std::vector<watch_event> events;
    bool accepted = true;
};

outcome decode(std::string_view bytes, std::size_t piece) {
    constexpr std::size_t line_limit = 4096;
    watch_decoder decoder(line_limit);
    outcome found;
    for (std::size_t at = 0; at < bytes.size() && found.accepted; at += piece)
        found.accepted = decoder.feed(bytes.substr(at, piece), found.events).has_value();
    return found;
}

void decode_object(const watch_event& event) {
    (void)decode_persistent_volume_claim(event.object);
    (void)decode_persistent_volume(event.object);
    (void)decode_storage_class(event.object);
    (void)decode_namespace(event.object);
    (void)decode_lease(event.object);
    const call_description call{"watch", "Anything", "", "", false};
    (void)failure_from_status(call, 0, event.object);
}

void require(bool holds) {
    if (!holds)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = decode(bytes, bytes.size() + 1);
    const auto pieces = decode(bytes, data[0] % 64U + 1);
    require(whole.accepted == pieces.accepted && whole.events.size() == pieces.events.size());
    for (std::size_t each = 0; each < whole.events.size(); ++each) {
        require(whole.events[each].type == pieces.events[each].type);
        require(whole.events[each].object == pieces.events[each].object);
        decode_object(whole.events[each]);
    }
    return 0;
}
