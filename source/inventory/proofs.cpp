#include <soteria/inventory/proofs.hpp>

#include <charconv>

namespace soteria::inventory {
namespace {

// Facts of a restore, as the restic driver records them: "true", and a decimal.
constexpr std::string_view verified = "verified";
constexpr std::string_view took_seconds = "seconds";
constexpr std::string_view driver_fact = "driver";

} // namespace

std::optional<proof> proof_of(const domain::operation& restore) {
    if (restore.phase != domain::operation_phase::succeeded || !restore.finished_at || restore.fact(verified) != "true")
        return std::nullopt;
    proof found;
    found.at = *restore.finished_at;
    const auto text = restore.fact(took_seconds);
    std::from_chars(text.data(), text.data() + text.size(), found.seconds);
    found.driver = restore.request.driver.empty() ? restore.fact(driver_fact) : restore.request.driver;
    if (found.driver.empty())
        found.driver = "restic"; // nobody else verifies
    return found;
}

struct proof_book::state {
    explicit state(boost::asio::any_io_executor executor) : changed(std::move(executor)) {}

    using store = kube::store<records::record>;

    void look_at(store::change what, const records::record& record);

    async::signal changed;
    std::map<kube::object_key, std::pair<domain::pvc_ref, proof>> by_record;
    proof_table newest;
};

void proof_book::state::look_at(store::change what, const records::record& record) {
    const auto key = record.meta.key();
    const auto found = what == store::change::deleted ? std::nullopt : proof_of(record.operation);
    const auto before = by_record.find(key);
    const bool same = before == by_record.end() ? !found : found && before->second.second == *found;
    if (same)
        return;
    if (found)
        by_record.insert_or_assign(key, std::pair(record.operation.request.source, *found));
    else
        by_record.erase(before);
    newest.clear();
    for (const auto& [each, proved] : by_record) {
        const auto [place, added] = newest.emplace(proved);
        if (!added && place->second.at < proved.second.at)
            place->second = proved.second;
    }
    changed.notify_all();
}

proof_book::proof_book(boost::asio::any_io_executor executor, kube::store<records::record>& restores)
    : state_(std::make_shared<state>(std::move(executor))) {
    for (const auto& [key, record] : restores.all())
        state_->look_at(state::store::change::added, *record);
    restores.subscribe([self = state_](auto what, const auto& record) { self->look_at(what, *record); });
}

const proof_table& proof_book::newest() const {
    return state_->newest;
}

async::signal& proof_book::changed() {
    return state_->changed;
}

} // namespace soteria::inventory
