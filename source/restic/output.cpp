#include "line_cutter.hpp"
#include "message.hpp"

#include <soteria/restic/output.hpp>

#include <boost/json/parse.hpp>

#include <utility>

namespace soteria::restic {

namespace json = boost::json;

struct output_reader::state {
    explicit state(snapshot_taker taker)
        : take(std::move(taker)),
          cutter({[this](std::string_view line) { take_line(line); },
                  [this](std::size_t size) {
                      take_words("a line of " + std::to_string(size) + " bytes was left out", said);
                  },
                  [this](std::string_view element) { take_element(element); }, [this] { said.list = true; }}) {}

    void take_line(std::string_view line);
    void take_element(std::string_view element);

    snapshot_taker take;
    output said;
    std::optional<failure> problem; // the first one
    line_cutter cutter;
};

void output_reader::state::take_line(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
        line.remove_suffix(1);
    if (line.empty())
        return;
    boost::system::error_code broken;
    const auto message = line.front() == '{' ? json::parse(line, broken) : json::value();
    if (!broken && message.is_object())
        take_message(message.get_object(), said);
    else
        take_words(line, said);
}

void output_reader::state::take_element(std::string_view element) {
    boost::system::error_code broken;
    const auto object = json::parse(element, broken);
    if (broken || !object.is_object()) {
        if (!problem)
            problem = failure(errc::bad_answer, "restic's list of snapshots is not JSON: was its log cut?");
        return;
    }
    auto one = decode_snapshot(object.get_object());
    if (!one) {
        if (!problem)
            problem = one.error();
        return;
    }
    if (take)
        take(std::move(*one));
}

output_reader::output_reader(snapshot_taker take) : state_(std::make_unique<state>(std::move(take))) {}

output_reader::~output_reader() = default;
output_reader::output_reader(output_reader&&) noexcept = default;
output_reader& output_reader::operator=(output_reader&&) noexcept = default;

void output_reader::feed(std::string_view piece) {
    state_->cutter.feed(piece);
}

result<output> output_reader::finish() {
    const bool whole = state_->cutter.finish();
    const auto& problem = state_->problem;
    if (problem)
        return *problem;
    if (!whole)
        return failure(errc::bad_answer, "restic's list of snapshots does not end: its log was cut.");
    return std::move(state_->said);
}

const output& output_reader::so_far() const {
    return state_->said;
}

} // namespace soteria::restic
