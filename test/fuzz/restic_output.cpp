// Any bytes as a restic's log: read the same wherever they are cut, within bounds, and judged with a sentence.
#include <soteria/base/utf8.hpp>
#include <soteria/restic/catalogue.hpp>
#include <soteria/restic/output.hpp>
#include <soteria/restic/verdict.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

using namespace soteria;
using namespace soteria::restic;

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

struct reading {
    std::vector<snapshot> snapshots;
    result<output> said;
};

reading read(std::string_view log, std::size_t piece) {
    reading all;
    output_reader reader([&](snapshot one) { all.snapshots.push_back(std::move(one)); });
    for (std::size_t at = 0; at < log.size(); at += piece)
        reader.feed(log.substr(at, piece));
    all.said = reader.finish();
    return all;
}

void bounded(const output& said) {
    require(said.words.size() <= 20 && said.unreadable.size() <= output::most_named);
    require(said.unreadable.size() == said.unreadable_why.size());
    require(said.unreadable_count >= static_cast<std::int64_t>(said.unreadable.size()));
    for (const auto& line : said.words)
        require(line.size() <= 1500 && is_utf8(line)); // each byte that is none becomes three
    if (said.progress)
        require(said.progress->percent >= 0 && said.progress->percent <= 100);
}

void judged(const output& said, role what, int exit_code) {
    command_state command;
    command.name = "restic";
    command.now = command_state::state::ended;
    command.exit_code = exit_code;
    command.said = said;
    evidence all;
    all.what = what;
    all.pod_name = "pod";
    all.pod_phase = exit_code == 0 ? "Succeeded" : "Failed";
    all.commands.push_back(command);
    const auto one = judge(all);
    require(one.what != verdict::kind::waiting && !one.message.empty());
    require(one.what != verdict::kind::incomplete || one.backup.has_value());
    require((one.what == verdict::kind::failed) == !one.code.empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2)
        return 0;
    const std::string_view log(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto whole = read(log, log.size() + 1);
    const auto pieces = read(log, data[0] % 64U + 1);
    require(whole.snapshots == pieces.snapshots && whole.said.has_value() == pieces.said.has_value());
    if (whole.said) {
        require(whole.said->words == pieces.said->words && whole.said->ids == pieces.said->ids);
        bounded(*whole.said);
        for (const auto what : {role::backup, role::restore, role::mark, role::init, role::list})
            judged(*whole.said, what, data[1] % 4);
    } else {
        require(!whole.said.error().message.empty());
    }
    auto sorted = whole.snapshots;
    std::ranges::sort(sorted, newer);
    const auto back = decode(encode(whole.snapshots, std::size_t{8} * data[1]));
    require(back && *back == sorted);
    return 0;
}
