#include "families.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

namespace soteria::metrics {
namespace {

// Fields of /proc/self/stat by their number in proc(5), beginning behind the command, which may hold anything.
struct process_stat {
    double user_ticks = 0;
    double system_ticks = 0;
    double start_ticks = 0;
    double virtual_bytes = 0;
    double resident_pages = 0;
};

process_stat read_stat() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    std::getline(file, line);
    const auto end_of_command = line.rfind(')');
    process_stat stat;
    if (end_of_command == std::string::npos)
        return stat;
    std::istringstream rest(line.substr(end_of_command + 1));
    std::string word;
    for (int number = 3; rest >> word; ++number) {
        switch (number) {
        case 14:
            stat.user_ticks = std::stod(word);
            break;
        case 15:
            stat.system_ticks = std::stod(word);
            break;
        case 22:
            stat.start_ticks = std::stod(word);
            break;
        case 23:
            stat.virtual_bytes = std::stod(word);
            break;
        case 24:
            stat.resident_pages = std::stod(word);
            break;
        default:
            break;
        }
    }
    return stat;
}

double boot_time() {
    std::ifstream file("/proc/stat");
    std::string word;
    double seconds = 0;
    while (file >> word)
        if (word == "btime" && file >> seconds)
            break;
    return seconds;
}

double open_descriptors() {
    std::error_code error;
    double count = 0;
    for (auto each = std::filesystem::directory_iterator("/proc/self/fd", error);
         !error && each != std::filesystem::directory_iterator(); each.increment(error))
        ++count;
    return count > 0 ? count - 1 : 0; // without the one that reads the directory
}

void add_one(family_list& to, family made, double value) {
    if (made.type == prometheus::MetricType::Counter)
        add_counter(made, {}, value);
    else
        add_gauge(made, {}, value);
    to.push_back(std::move(made));
}

} // namespace

void add_process(family_list& to) {
    const auto stat = read_stat();
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    static const double booted = boot_time(); // corrections of the clock must not make it look like a restart
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    add_one(to, counter_family("process_cpu_seconds_total", "User and system CPU time."),
            (stat.user_ticks + stat.system_ticks) / ticks);
    add_one(to, gauge_family("process_resident_memory_bytes", "Resident memory."), stat.resident_pages * page);
    add_one(to, gauge_family("process_virtual_memory_bytes", "Virtual memory."), stat.virtual_bytes);
    add_one(to, gauge_family("process_open_fds", "Open file descriptors."), open_descriptors());
    add_one(to, gauge_family("process_max_fds", "How many file descriptors may be open."),
            static_cast<double>(limit.rlim_cur));
    add_one(to, gauge_family("process_start_time_seconds", "When the process started, since the epoch."),
            booted + stat.start_ticks / ticks);
}

} // namespace soteria::metrics
