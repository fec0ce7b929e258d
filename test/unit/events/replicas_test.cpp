// Clients that wander between replicas: whatever they have seen when they leave, they miss no record's last state, and
// their ids never go back.
#include "test/unit/events/changes.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <map>
#include <random>
#include <vector>

using namespace soteria;
using namespace soteria::events;

namespace {

using random = std::mt19937;

std::size_t up_to(random& source, std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most)(source);
}

// What happened to a record: version -> it changed, or it was deleted.
struct happening {
    record_kind kind = record_kind::backup;
    std::string record;
    std::uint64_t version = 0;
    bool deleted = false;
};

// Record that is there -> its last state as a word: "a@17".
using picture = std::map<std::string, std::string>;

std::string words(const picture& of) {
    std::string all;
    for (const auto& [record, state] : of)
        all += (all.empty() ? "" : ", ") + state;
    return all;
}

struct world {
    std::vector<happening> all;
    std::uint64_t version = 100;

    // The next thing that happens, to one of six records.
    void go_on(random& source) {
        happening one;
        one.kind = up_to(source, 1) == 0 ? record_kind::backup : record_kind::restore;
        one.record = (one.kind == record_kind::backup ? "b" : "r") + std::to_string(up_to(source, 2));
        one.deleted = up_to(source, 4) == 0;
        version += 1 + up_to(source, 30);
        one.version = version;
        all.push_back(std::move(one));
    }
};

struct replica {
    replica(const world& of, random& source) : all({.frames = 3 + up_to(source, 30), .bytes = 1U << 20U}), world_(of) {
        const auto past = up_to(source, 12);
        const auto now = world_.all.size();
        const auto from = now < past ? 0 : now - past;
        const auto start = version_at(now);
        told_[0] = told_[1] = now;
        for (std::size_t each = 0; each < now; ++each)
            note(world_.all[each]);
        all.begin({start, start});
        if (up_to(source, 2) == 0)
            all.no_past();
        else
            fill(from, now);
    }

    // Each kind's watch goes on by itself, by one event, by a list that skips some, or by a bookmark.
    void go_on(random& source) {
        const auto kind = up_to(source, 1) == 0 ? record_kind::backup : record_kind::restore;
        switch (up_to(source, 5)) {
        case 0:
            list(kind);
            break;
        case 1:
            bookmark(kind);
            break;
        default:
            watch(kind);
        }
    }

    void catch_up() {
        for (const auto kind : {record_kind::backup, record_kind::restore}) {
            while (told(kind) < world_.all.size())
                watch(kind);
            bookmark(kind);
        }
    }

    hub all;
    picture known;

private:
    const world& world_;
    std::size_t told_[2] = {}; // how much of the world each kind's watch has shown

    std::size_t& told(record_kind kind) { return told_[static_cast<std::size_t>(kind)]; }

    [[nodiscard]] std::string version_at(std::size_t place) const {
        return std::to_string(place == 0 ? 99 : world_.all[place - 1].version);
    }

    void note(const happening& one) {
        if (one.deleted)
            known.erase(one.record);
        else
            known[one.record] = one.record + "@" + std::to_string(one.version);
    }

    // The data is the record's state.
    [[nodiscard]] record_change drawn(const happening& one, const std::string& version, bool completes) const {
        auto made = test::change(one.kind, one.record, version, completes);
        made.body = "event: operation\ndata: " + one.record + "@" + std::to_string(one.version) +
                    (one.deleted ? " deleted" : "") + "\n\n";
        return made;
    }

    void fill(std::size_t from, std::size_t upto) {
        std::vector<record_change> changes;
        for (const auto kind : {record_kind::restore, record_kind::backup})
            for (auto each = from; each < upto; ++each)
                if (const auto& one = world_.all[each]; one.kind == kind)
                    changes.push_back(drawn(one, std::to_string(one.version), true));
        all.fill({version_at(from), version_at(from)}, std::move(changes));
    }

    void watch(record_kind kind) {
        auto& place = told(kind);
        if (place == world_.all.size())
            return;
        const auto& one = world_.all[place++];
        if (one.kind != kind)
            return;
        note(one);
        all.publish(drawn(one, std::to_string(one.version), true));
    }

    void bookmark(record_kind kind) {
        position to = all.present();
        to.of(kind) = version_at(told(kind));
        all.advance(to);
    }

    // Only what has changed at the end, and what is gone; what came and went meanwhile is not among it.
    void list(record_kind kind) {
        auto& place = told(kind);
        const auto upto = world_.all.size();
        if (place == upto)
            return;
        std::map<std::string, happening> last;
        for (; place < upto; ++place)
            if (const auto& one = world_.all[place]; one.kind == kind)
                last[one.record] = one;
        const auto version = version_at(upto);
        std::map<std::uint64_t, happening> changed;
        for (const auto& [record, one] : last)
            if (!one.deleted)
                changed.emplace(one.version, one);
        std::vector<record_change> changes;
        changes.reserve(last.size());
        for (const auto& [at, one] : changed)
            changes.push_back(drawn(one, std::to_string(at), false));
        for (const auto& [record, one] : last)
            if (one.deleted && known.contains(record))
                changes.push_back(drawn(one, version, false));
        for (const auto& [record, one] : last)
            note(one);
        if (!changes.empty())
            changes.back().completes = true;
        all.skip(kind, version);
        for (auto& one : changes)
            all.publish(one.completes ? (one.version = version, std::move(one)) : std::move(one));
        bookmark(kind);
    }
};

struct client {
    std::string id; // the last one it was given; empty: never connected
    picture seen;
    std::uint64_t frames = 0;
    std::uint64_t resets = 0;
    std::uint64_t comebacks = 0;

    // Comes to a replica and reads at most so many blocks before the connection breaks.
    void visit(const replica& at, std::size_t blocks) {
        const auto seen_before = parse_position(id);
        const auto can = seen_before ? at.all.can_resume(*seen_before) : resumption::impossible;
        if (can == resumption::later)
            return;
        if (can == resumption::possible) {
            ++comebacks;
            read(cursor(at.all, *seen_before), blocks);
            return;
        }
        cursor fresh(at.all);
        ++resets;
        take(*fresh.reset("not from the beginning"), false);
        seen = at.known; // reads /v1/operations with the stream open
        read(std::move(fresh), blocks);
    }

private:
    void read(cursor reader, std::size_t blocks) {
        while (blocks-- > 0) {
            const auto frame = reader.next();
            if (!frame) {
                take(*reader.heartbeat(), false);
                return;
            }
            take(*reader.text(frame), true);
            ++frames;
        }
    }

    void take(const std::string& block, bool event) {
        const auto line = block.find("id: ");
        BOOST_REQUIRE(line != std::string::npos);
        const auto given = block.substr(line + 4, block.find('\n', line) - line - 4);
        const auto now = parse_position(given);
        BOOST_REQUIRE(now.has_value());
        if (!id.empty())
            BOOST_REQUIRE_MESSAGE(now->covers(*parse_position(id)), given << " goes back from " << id);
        id = given;
        if (!event)
            return;
        const auto data = block.find("data: ") + 6;
        const auto state = block.substr(data, block.find('\n', data) - data);
        const auto record = state.substr(0, state.find('@'));
        if (state.ends_with(" deleted"))
            seen.erase(record);
        else
            seen[record] = state;
    }
};

// The world goes on, replicas follow at their own pace and are started anew, a client wanders.
void wander(unsigned seed, client& someone) {
    random source(seed);
    world real;
    for (auto first = up_to(source, 20); first > 0; --first)
        real.go_on(source);
    std::vector<std::unique_ptr<replica>> replicas;
    replicas.push_back(std::make_unique<replica>(real, source));
    replicas.push_back(std::make_unique<replica>(real, source));
    for (int step = 0; step < 150; ++step) {
        auto& one = replicas[up_to(source, 1)];
        if (up_to(source, 1) == 0)
            real.go_on(source);
        for (auto times = up_to(source, 3); times > 0; --times)
            one->go_on(source);
        if (up_to(source, 30) == 0)
            one = std::make_unique<replica>(real, source);
        if (up_to(source, 2) == 0)
            someone.visit(*one, up_to(source, 6));
    }
    auto& last = *replicas[up_to(source, 1)];
    last.catch_up();
    someone.visit(last, 10'000);
    BOOST_REQUIRE_MESSAGE(someone.seen == last.known, "seed " << seed << ": the client has " << words(someone.seen)
                                                              << " in place of " << words(last.known));
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_client_of_two_replicas)

BOOST_AUTO_TEST_CASE(misses_no_last_state_and_its_ids_never_go_back) {
    const unsigned rounds = std::getenv("SOTERIA_TEST_LONG") != nullptr ? 50'000 : 2'000;
    client all;
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        client one;
        wander(seed, one);
        all.frames += one.frames;
        all.resets += one.resets;
        all.comebacks += one.comebacks;
    }
    BOOST_TEST_MESSAGE(rounds << " wanderings, " << all.comebacks << " comebacks, " << all.frames << " frames, "
                              << all.resets << " resets");
    // Otherwise nothing was tried.
    BOOST_TEST(all.comebacks > 10 * rounds);
    BOOST_TEST(all.frames > 10 * rounds);
    BOOST_TEST(all.resets > rounds);
}

BOOST_AUTO_TEST_SUITE_END()
