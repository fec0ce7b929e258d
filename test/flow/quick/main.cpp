// soteria-quick: the service with short paces and time limits, so that hundreds of tests that wait for them take
// minutes. Everything else is the program's own: arguments, variables, exit codes.
#include <soteria/app/run.hpp>

int main(int count, char** arguments) {
    using namespace std::chrono_literals;
    soteria::app::pace quick;
    quick.longhorn_timeout = 1000ms;
    quick.report_interval = 50ms;
    quick.follow_longhorn = 100ms;
    quick.retry_longhorn = 200ms;
    quick.lease_retry = 200ms;
    quick.history = 500ms;
    quick.list_repository = 300ms;
    quick.handling = 5000ms;
    quick.list_page = 3000ms;
    quick.open_watch = 3000ms;
    return soteria::app::run({arguments, static_cast<std::size_t>(count)}, quick);
}
