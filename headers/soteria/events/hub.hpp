// The last frames in the order of their publication, one ring for all readers. Knows no sockets.
//
// A reader keeps a cursor (cursor.hpp): nothing is queued for anybody, and whoever is so slow that its next frame has
// left the ring is cut off and comes back with its last id.
#pragma once

#include <soteria/events/frame.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace soteria::events {

struct hub_limits {
    // 200 operations with 40 changes each; a client that reads slower than that has to look at everything anyway.
    std::size_t frames = 8192;
    // 2 KiB a frame, which is what an operation with all its steps takes.
    std::size_t bytes = 16UL * 1024 * 1024;
};

// What is to be published of a record.
struct record_change {
    subject about;
    std::string version;
    // False: more changes follow that belong to it (a list showed several at once), and only with the last of them a
    // client has seen everything up to the versions of all.
    bool completes = true;
    std::string body; // the block without its id line: "event: operation\ndata: {...}\n\n"
};

// Called from the loop in the middle of a publication: must only note it (post).
class listener {
public:
    virtual ~listener() = default;
    virtual void news() noexcept = 0;
};

// Whether a client that has seen everything up to some position can go on from there.
enum class resumption : std::uint8_t {
    possible,
    later, // ask again at news(): the ring may soon reach back so far; or it will not, but the client is ahead of us
           // in one kind, and a reset now would take its id back
    impossible, // it never will: reset
};

// Single-threaded; outlives its readers and listeners.
class hub {
public:
    explicit hub(hub_limits limits = {});

    // --- for those who publish ---

    // Both kinds are known as of `from`, and changes follow. Before that nothing is published and nobody can read.
    void begin(position from);
    // A record's change: in the order of its kind's versions, none older than what was published or passed of it.
    void publish(record_change change);
    // A PVC's row; `body` as in record_change. Has no id.
    void publish(subject about, std::string body);
    // All changes up to here have been published. A kind that is not ahead of the present position stays.
    void advance(const position& to);
    // What happened between the present position and `to` is known in part only, as a list shows what is, not what was:
    // who has seen (elsewhere) some of it and not all cannot go on here. What is known is to be published next, and
    // completes with `to`.
    void skip(record_kind kind, const std::string& to);
    // Changes from before begin(), oldest first, in the order of their kinds' versions: clients that have seen
    // everything up to `from` can go on from now on. Once, and instead of no_past(). Versions above those of begin()
    // are not among them.
    void fill(position from, std::vector<record_change> changes);
    void no_past();
    // The versions before this one mean nothing any more (the cluster's database was restored): nobody can go on, and
    // all who read now are told to look at everything again.
    void restart(position from, std::string_view reason);
    // Everybody is to look at everything again, for there is too much news to tell; positions stay valid.
    void publish_reset(std::string_view reason);

    // --- for those who read ---

    // begin() was called.
    [[nodiscard]] bool begun() const { return begun_; }

    // As of when.
    [[nodiscard]] const position& beginning() const { return began_; }

    [[nodiscard]] const position& present() const { return present_; }

    [[nodiscard]] resumption can_resume(const position& seen) const;
    // See skip().
    [[nodiscard]] bool skipped_within(const position& seen) const;
    // The first frame that somebody may need who has seen everything up to `seen`; can_resume() says `possible`.
    [[nodiscard]] std::uint64_t first_after(const position& seen) const;

    // The number of the next frame to be published.
    [[nodiscard]] std::uint64_t end() const { return first_ + frames_.size(); }

    // Null: dropped already, or not published yet.
    [[nodiscard]] shared_frame at(std::uint64_t sequence) const;
    // ": \nid: <present>\n\n", one text for all: a comment that keeps the connection, and an id without an event.
    [[nodiscard]] shared_text heartbeat() const;

    void attach(listener& one);
    void detach(listener& one);

    // --- for /metrics ---

    [[nodiscard]] std::uint64_t published(topic what) const;

    [[nodiscard]] std::size_t held_bytes() const { return bytes_; }

private:
    struct gap {
        record_kind kind;
        std::string from;
        std::string to;
    };

    void append(frame made);
    void drop_oldest();
    void raise_floor(record_kind kind, const std::string& to);
    void trim();
    void tell() const;
    void append_reset(topic what, std::string_view reason);

    hub_limits limits_;
    bool begun_ = false;
    bool filled_ = false;
    position present_;
    position reach_;        // see frame
    position floor_;        // nobody can go on from before this
    position began_;        // what begin() was given
    std::vector<gap> gaps_; // oldest first
    // Far from 0, so that fill() has numbers below.
    std::uint64_t first_ = 1ULL << 32U;
    std::deque<shared_frame> frames_;
    std::size_t bytes_ = 0;
    std::array<std::uint64_t, 4> published_{}; // by topic
    std::vector<listener*> listeners_;
    mutable shared_text heartbeat_; // of present_; null: to be drawn
};

} // namespace soteria::events
