#include <soteria/async/let_others_run.hpp>
#include <soteria/web/inventory_feed.hpp>
#include <soteria/web/render.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <vector>

namespace soteria::web {
namespace {

using boost::asio::awaitable;
using inventory::report;
using inventory::row;

// Comparing takes a tenth of a microsecond, drawing some: both stay far below a millisecond a turn.
constexpr std::size_t rows_compared_a_turn = 2048;
constexpr std::size_t rows_drawn_a_turn = 64;

// What differs between two reports, row by row of both, which have the same order.
class comparison {
public:
    struct difference {
        const row* of = nullptr;
        bool gone = false;
    };

    comparison(const report& before, const report& now) : before_(before.rows), now_(now.rows) {}

    // False: that was the last step.
    bool step(std::size_t rows, std::vector<difference>& found) {
        for (; rows > 0 && (old_ < before_.size() || new_ < now_.size()); --rows)
            compare(found);
        return old_ < before_.size() || new_ < now_.size();
    }

private:
    void compare(std::vector<difference>& found) {
        const bool only_old = new_ == now_.size() || (old_ < before_.size() && before_[old_].pvc < now_[new_].pvc);
        const bool only_new = !only_old && (old_ == before_.size() || now_[new_].pvc < before_[old_].pvc);
        if (only_old) {
            found.push_back({&before_[old_++], true});
        } else if (only_new) {
            found.push_back({&now_[new_++], false});
        } else {
            if (!(before_[old_] == now_[new_]))
                found.push_back({&now_[new_], false});
            ++old_;
            ++new_;
        }
    }

    const std::vector<row>& before_;
    const std::vector<row>& now_;
    std::size_t old_ = 0;
    std::size_t new_ = 0;
};

std::string drawn(const comparison::difference& one, instant now) {
    if (!one.gone)
        return render(*one.of, now);
    boost::json::object gone;
    gone["namespace"] = one.of->pvc.ns;
    gone["pvc"] = one.of->pvc.name;
    gone["deleted"] = true;
    return boost::json::serialize(gone);
}

events::subject subject_of(const comparison::difference& one) {
    events::subject made;
    made.what = events::topic::inventory;
    made.source = {one.of->pvc.ns, one.of->pvc.name};
    made.deleted = one.gone || one.of->deleted;
    return made;
}

} // namespace

inventory_feed::inventory_feed(events::hub& to, source current, async::signal& changed)
    : hub_(to), current_(std::move(current)), changed_(changed) {}

awaitable<void> inventory_feed::run() {
    auto told = current_();
    while (true) {
        auto now = current_();
        if (now == told) {
            const bool more = co_await changed_.wait(async::deadline::never());
            if (!more)
                co_return;
            continue;
        }
        auto telling = publish(told, now);
        co_await std::move(telling);
        told = std::move(now);
    }
}

awaitable<void> inventory_feed::publish(std::shared_ptr<const report> before, std::shared_ptr<const report> now) {
    std::vector<comparison::difference> found;
    comparison compared(*before, *now);
    while (compared.step(rows_compared_a_turn, found))
        co_await async::let_others_run();
    // Nobody can be reading yet.
    if (!hub_.begun() || found.empty())
        co_return;
    if (found.size() > most_row_frames) {
        hub_.publish_reset("most of the inventory has changed");
        co_return;
    }
    std::size_t done = 0;
    for (const auto& one : found) {
        hub_.publish(subject_of(one), "event: inventory\ndata: " + drawn(one, now->generated_at) + "\n\n");
        if (++done % rows_drawn_a_turn == 0)
            co_await async::let_others_run();
    }
}

} // namespace soteria::web
