#include <soteria/base/log.hpp>
#include <soteria/net/curl_driver.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace soteria::net {

namespace {

// libcurl counts connections in use too, and above this number closes each one that becomes idle: it must lie above all
// that a client has in flight, or nothing is reused exactly when there is much to do.
constexpr long kept_connections = 256;

using error_code = boost::system::error_code;

// One socket of libcurl's. It is only watched: libcurl opens and closes it. At most one wait for each direction is
// pending; handlers hold the watch and ask `gone`, because descriptor numbers are reused at once.
struct watch {
    explicit watch(const boost::asio::any_io_executor& executor) : descriptor(executor) {}

    ~watch() { leave(); }

    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    void leave() {
        gone = true;
        if (descriptor.is_open())
            descriptor.release();
    }

    boost::asio::posix::stream_descriptor descriptor;
    curl_socket_t socket = CURL_SOCKET_BAD;
    int wanted = CURL_POLL_NONE;
    bool reading = false;
    bool writing = false;
    bool gone = false;
};

void initialise_libcurl() {
    static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (once != CURLE_OK)
        throw std::runtime_error(std::string("libcurl cannot be initialised: ") + curl_easy_strerror(once));
}

} // namespace

class curl_driver::implementation : public std::enable_shared_from_this<implementation> {
public:
    explicit implementation(boost::asio::any_io_executor executor) : executor_(std::move(executor)), timer_(executor_) {
        initialise_libcurl();
        open();
    }

    ~implementation() { close(); }

    implementation(const implementation&) = delete;
    implementation& operator=(const implementation&) = delete;

    CURLcode start(CURL* easy, on_end ended);
    void abandon(CURL* easy);
    void stop();

    [[nodiscard]] std::size_t running() const { return transfers_.size(); }

private:
    void open();
    void close();
    static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* unused) noexcept;
    static int on_timer(CURLM* multi, long milliseconds, void* self) noexcept;
    void watch_socket(curl_socket_t socket, int what);
    void set_timer(long milliseconds);
    void arm(const std::shared_ptr<watch>& watched);
    void wait(const std::shared_ptr<watch>& watched, boost::asio::posix::descriptor_base::wait_type direction);
    void act(curl_socket_t socket, int events);
    void deliver();
    void end_all(CURLcode result);

    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer timer_;
    // Tells an alarm that was already on its way when the timer was set anew.
    std::size_t alarm_ = 0;
    std::unordered_map<curl_socket_t, std::shared_ptr<watch>> watches_;
    std::unordered_map<CURL*, on_end> transfers_;
    CURLM* multi_ = nullptr;
    bool ending_ = false; // nothing may start meanwhile
};

void curl_driver::implementation::open() {
    multi_ = curl_multi_init();
    if (multi_ == nullptr)
        throw std::runtime_error("libcurl has no memory for a multi handle");
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &implementation::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &implementation::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kept_connections);
}

// The cleanup calls the socket callback for connections that it closes, so the watches go after it.
void curl_driver::implementation::close() {
    if (multi_ == nullptr)
        return;
    curl_multi_cleanup(std::exchange(multi_, nullptr));
    for (const auto& [socket, watched] : watches_)
        watched->leave();
    watches_.clear();
    ++alarm_;
    timer_.cancel();
}

CURLcode curl_driver::implementation::start(CURL* easy, on_end ended) {
    if (multi_ == nullptr || ending_)
        return CURLE_ABORTED_BY_CALLBACK;
    transfers_.emplace(easy, std::move(ended));
    const CURLMcode added = curl_multi_add_handle(multi_, easy); // sets the timer to "at once"
    if (added == CURLM_OK)
        return CURLE_OK;
    transfers_.erase(easy);
    log::error("libcurl refuses a transfer", {{"error", curl_multi_strerror(added)}});
    return CURLE_FAILED_INIT;
}

void curl_driver::implementation::abandon(CURL* easy) {
    if (transfers_.erase(easy) != 0)
        curl_multi_remove_handle(multi_, easy);
}

void curl_driver::implementation::stop() {
    end_all(CURLE_ABORTED_BY_CALLBACK);
    close();
}

int curl_driver::implementation::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self,
                                           void* /*unused*/) noexcept {
    try {
        static_cast<implementation*>(self)->watch_socket(socket, what);
        return 0;
    } catch (const std::exception& caught) {
        log::error("a socket cannot be watched", {{"error", caught.what()}});
        return -1;
    }
}

int curl_driver::implementation::on_timer(CURLM* /*multi*/, long milliseconds, void* self) noexcept {
    try {
        static_cast<implementation*>(self)->set_timer(milliseconds);
        return 0;
    } catch (const std::exception& caught) {
        log::error("libcurl's timer cannot be set", {{"error", caught.what()}});
        return -1;
    }
}

void curl_driver::implementation::watch_socket(curl_socket_t socket, int what) {
    const auto found = watches_.find(socket);
    if (what == CURL_POLL_REMOVE) {
        if (found != watches_.end()) {
            found->second->leave();
            watches_.erase(found);
        }
        return;
    }
    std::shared_ptr<watch> watched;
    if (found == watches_.end()) {
        watched = std::make_shared<watch>(executor_);
        watched->descriptor.assign(socket);
        watched->socket = socket;
        watches_.emplace(socket, watched);
    } else {
        watched = found->second;
    }
    watched->wanted = what;
    arm(watched);
}

// Never calls back into libcurl from here, not even for 0: libcurl is in the middle of something.
void curl_driver::implementation::set_timer(long milliseconds) {
    const std::size_t alarm = ++alarm_;
    if (milliseconds < 0 || multi_ == nullptr) {
        timer_.cancel();
        return;
    }
    timer_.expires_after(std::chrono::milliseconds(milliseconds));
    timer_.async_wait([self = shared_from_this(), alarm](error_code error) {
        if (!error && alarm == self->alarm_)
            self->act(CURL_SOCKET_TIMEOUT, 0);
    });
}

void curl_driver::implementation::arm(const std::shared_ptr<watch>& watched) {
    using descriptor = boost::asio::posix::descriptor_base;
    if (watched->gone)
        return;
    if ((watched->wanted & CURL_POLL_IN) != 0 && !std::exchange(watched->reading, true))
        wait(watched, descriptor::wait_read);
    if ((watched->wanted & CURL_POLL_OUT) != 0 && !std::exchange(watched->writing, true))
        wait(watched, descriptor::wait_write);
}

void curl_driver::implementation::wait(const std::shared_ptr<watch>& watched,
                                       boost::asio::posix::descriptor_base::wait_type direction) {
    const bool read = direction == boost::asio::posix::descriptor_base::wait_read;
    watched->descriptor.async_wait(direction, [self = shared_from_this(), watched, read](error_code error) {
        (read ? watched->reading : watched->writing) = false;
        if (watched->gone || error == boost::asio::error::operation_aborted)
            return;
        if ((watched->wanted & (read ? CURL_POLL_IN : CURL_POLL_OUT)) == 0)
            return; // libcurl has turned its attention to the other direction since
        const int event = read ? CURL_CSELECT_IN : CURL_CSELECT_OUT;
        self->act(watched->socket, error ? CURL_CSELECT_ERR : event);
        self->arm(watched);
    });
}

void curl_driver::implementation::act(curl_socket_t socket, int events) {
    if (multi_ == nullptr)
        return;
    int still_running = 0;
    const CURLMcode done = curl_multi_socket_action(multi_, socket, events, &still_running);
    if (done == CURLM_OK) {
        deliver();
        return;
    }
    // No transfer can be relied on any more, says the manual: begin anew.
    log::error("libcurl failed; all its transfers end", {{"error", curl_multi_strerror(done)}});
    end_all(CURLE_RECV_ERROR);
    close();
    open();
}

// `ended` may start and abandon transfers, so nothing is kept across its call.
void curl_driver::implementation::deliver() {
    int left = 0;
    while (multi_ != nullptr) {
        const CURLMsg* message = curl_multi_info_read(multi_, &left);
        if (message == nullptr)
            return;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL* const easy = message->easy_handle;
        const CURLcode result = message->data.result;
        curl_multi_remove_handle(multi_, easy); // and with it the message
        if (auto ended = transfers_.extract(easy))
            ended.mapped()(result);
    }
}

void curl_driver::implementation::end_all(CURLcode result) {
    ending_ = true;
    while (!transfers_.empty()) {
        auto ended = transfers_.extract(transfers_.begin());
        curl_multi_remove_handle(multi_, ended.key());
        ended.mapped()(result);
    }
    ending_ = false;
}

curl_driver::curl_driver(boost::asio::any_io_executor executor)
    : implementation_(std::make_shared<implementation>(std::move(executor))) {}

curl_driver::~curl_driver() {
    stop();
}

CURLcode curl_driver::start(CURL* easy, on_end ended) {
    return implementation_->start(easy, std::move(ended));
}

void curl_driver::abandon(CURL* easy) {
    implementation_->abandon(easy);
}

void curl_driver::stop() {
    implementation_->stop();
}

std::size_t curl_driver::running() const {
    return implementation_->running();
}

} // namespace soteria::net
