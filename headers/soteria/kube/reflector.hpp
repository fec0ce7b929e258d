// Keeps a store equal to what the API server holds of one kind: list, then watch, for as long as it runs.
#pragma once

#include <soteria/base/log.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/decode.hpp>
#include <soteria/kube/history.hpp>
#include <soteria/kube/purposes.hpp>
#include <soteria/kube/reflector_plan.hpp>
#include <soteria/kube/store.hpp>
#include <soteria/kube/watch_decoder.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace soteria::kube {

struct reflector_settings {
    resource kind;
    std::string ns;             // empty: all
    std::string label_selector; // not encoded; empty: none
    std::string purpose = std::string(purposes::reflector);
    std::size_t page_size = 500;
    std::chrono::milliseconds list_timeout{60000}; // of one page
    std::chrono::milliseconds open_timeout{30000}; // until the head of a watch is there
    // Bookmarks come about once a minute (except where nothing of that kind has ever happened): a watch silent for
    // longer than this is taken for dead and opened anew.
    std::chrono::milliseconds idle_limit{150000};

    explicit reflector_settings(resource kind_) : kind(kind_) {}
};

// Where the loop puts what it reads.
class reflector_sink {
public:
    virtual ~reflector_sink() = default;
    // A list begins, see store::begin_list().
    virtual void begin_list(bool history_restarted) = 0;
    virtual void listed(const boost::json::object& object) = 0;
    // Complete as of `resource_version`.
    virtual void end_list(const std::string& resource_version) = 0;
    virtual void changed(const boost::json::object& object) = 0;
    virtual void deleted(const boost::json::object& object) = 0;
    // The watch has shown everything up to here.
    virtual void passed(const std::string& resource_version) = 0;
};

struct reflector_health {
    // When the server last said anything; unset: never.
    std::optional<std::chrono::steady_clock::time_point> last_contact;
    // What went wrong last; unset again by the next success.
    std::optional<failure> last_error;
    std::uint64_t lists = 0;
    std::uint64_t watches = 0;
};

// The loop. Ends by cancellation only. Refers to client and sink, which must outlive run().
class list_watch_loop {
public:
    list_watch_loop(client& kubernetes, reflector_settings settings, reflector_sink& sink,
                    async::random_source random = async::seeded_random());

    boost::asio::awaitable<void> run();

    [[nodiscard]] const reflector_health& health() const { return health_; }

private:
    boost::asio::awaitable<reflector_outcome> perform(reflector_action action);
    boost::asio::awaitable<reflector_outcome> list(list_action action);
    boost::asio::awaitable<reflector_outcome> watch(watch_action action);
    boost::asio::awaitable<std::optional<failure>> read_watch(net::http_stream& stream);
    std::optional<failure> take(const watch_event& event);
    void heard();
    [[nodiscard]] std::string watch_path(const watch_action& action) const;

    client& kubernetes_;
    reflector_settings settings_;
    reflector_sink& sink_;
    reflector_state state_;
    reflector_health health_;
};

// An object that cannot be decoded is skipped with a warning: one strange object must not hide the others. What the
// store holds of it stays as it was.
template <class T>
class reflector {
public:
    // `target` and `kubernetes` must outlive it, and so must `past`, which is told what the server shows; null: nobody.
    reflector(client& kubernetes, reflector_settings settings, store<T>& target, decoder<T> decode,
              async::random_source random = async::seeded_random(), history<T>* past = nullptr)
        : sink_(settings.kind, target, std::move(decode), past),
          loop_(kubernetes, std::move(settings), sink_, std::move(random)) {}

    // Until cancelled.
    boost::asio::awaitable<void> run() { return loop_.run(); }

    [[nodiscard]] const reflector_health& health() const { return loop_.health(); }

private:
    class store_sink : public reflector_sink {
    public:
        store_sink(resource kind, store<T>& target, decoder<T> decode, history<T>* past)
            : kind_(kind), store_(target), decode_(std::move(decode)), past_(past) {}

        void begin_list(bool history_restarted) override {
            present_.clear();
            store_.begin_list(history_restarted);
            if (past_ != nullptr)
                past_->begin_list(history_restarted);
        }

        void listed(const boost::json::object& object) override {
            if (const auto meta = decode_meta(object))
                present_.emplace(meta->key(), meta->uid);
            if (auto taken = take(object); taken.object && past_ != nullptr)
                past_->listed(std::move(taken.object), std::move(taken.version));
        }

        void end_list(const std::string& resource_version) override {
            store_.finish_list(present_, resource_version);
            if (past_ != nullptr)
                past_->end_list(present_, resource_version);
            present_.clear();
        }

        void changed(const boost::json::object& object) override {
            if (auto taken = take(object); taken.object && past_ != nullptr)
                past_->changed(std::move(taken.object), std::move(taken.version));
        }

        void deleted(const boost::json::object& object) override {
            const auto meta = decode_meta(object);
            if (!meta) {
                skipped(meta.error());
                return;
            }
            store_.erase(meta->key(), meta->uid);
            if (past_ == nullptr)
                return;
            auto last = decode_(object);
            auto shared = last ? std::make_shared<const T>(std::move(*last)) : nullptr;
            past_->deleted(meta->key(), std::move(shared), meta->resource_version);
        }

        void passed(const std::string& resource_version) override {
            store_.passed(resource_version);
            if (past_ != nullptr)
                past_->passed(resource_version);
        }

    private:
        struct shown {
            typename store<T>::pointer object; // null: could not be read
            std::string version;
        };

        // What the store has now is as new as what was shown, or newer by a write of our own: nobody is told an older
        // state than the store's readers see.
        shown take(const boost::json::object& object) {
            auto decoded = decode_(object);
            if (!decoded) {
                skipped(decoded.error());
                return {};
            }
            auto version = decoded->meta.resource_version;
            const auto key = decoded->meta.key();
            const auto uid = decoded->meta.uid;
            store_.apply(std::move(*decoded));
            if (auto kept = store_.find(key); kept && kept->meta.uid == uid)
                return {std::move(kept), std::move(version)};
            // The store knows already that it is gone. It was readable a moment ago.
            auto again = decode_(object);
            return {again ? std::make_shared<const T>(std::move(*again)) : nullptr, std::move(version)};
        }

        void skipped(const failure& why) const {
            log::warning("an object was skipped",
                         {{"kind", boost::json::value(kind_.kind)}, {"error", boost::json::value(why.message)}});
        }

        resource kind_;
        store<T>& store_;
        decoder<T> decode_;
        history<T>* past_;
        std::map<object_key, std::string> present_;
    };

    store_sink sink_;
    list_watch_loop loop_;
};

} // namespace soteria::kube
