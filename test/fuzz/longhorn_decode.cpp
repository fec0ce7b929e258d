// Any bytes as Longhorn's answer: a value or a sentence, and the same wherever the bytes are cut.
#include <soteria/longhorn/decode.hpp>
#include <soteria/longhorn/phase.hpp>
#include <soteria/longhorn/recorded_claim.hpp>
#include <soteria/longhorn/refusal.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace soteria;
using namespace soteria::longhorn;

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

void judge(const volume& one) {
    const auto phase = restore_phase_of(one);
    require(phase.percent >= 0 && phase.percent <= 100);
}

void judge(const backup& one) {
    const auto phase = backup_phase_of(one);
    require(phase.percent >= 0 && phase.percent <= 100);
    require(one.error.size() <= 500);
    (void)recorded_claim_of(one.labels);
}

void judge(const snapshot& one) {
    (void)snapshot_phase_of(one);
}

void judge(const backup_volume& one) {
    (void)recorded_claim_of(one.labels);
}

void judge(const backup_target& one) {
    require(!one.name.empty());
}

template <class T>
result<std::vector<T>> decode_in_pieces(std::string_view text, std::size_t piece) {
    list_decoder<T> decoder;
    for (std::size_t at = 0; at < text.size(); at += piece)
        if (auto fed = decoder.feed(text.substr(at, piece)); !fed)
            return fed.error();
    return decoder.finish();
}

template <class T>
void try_all(std::string_view text, std::size_t piece) {
    const auto one = decode<T>(text);
    require(one ? !one->name.empty() : !one.error().message.empty());
    if (one)
        judge(*one);
    const auto whole = decode_list<T>(text);
    const auto pieces = decode_in_pieces<T>(text, piece);
    require(whole.has_value() == pieces.has_value());
    require(whole ? *whole == *pieces : whole.error().code == errc::bad_answer);
    if (whole)
        for (const auto& item : *whole)
            judge(item);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2)
        return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
    const std::size_t piece = data[1] % 64U + 1;
    switch (data[0] % 6U) {
    case 0:
        try_all<volume>(text, piece);
        break;
    case 1:
        try_all<snapshot>(text, piece);
        break;
    case 2:
        try_all<backup>(text, piece);
        break;
    case 3:
        try_all<backup_volume>(text, piece);
        break;
    case 4:
        try_all<backup_target>(text, piece);
        break;
    default:
        require(!refusal(data[1] * 4, text, request_kind::changes, "doing it").message.empty());
    }
    return 0;
}
