// Any text as a kubeconfig: usable or refused in words, never more.
#include <soteria/kube/access.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto access = soteria::kube::parse_kubeconfig(text, "/etc/kubeconfig");
    if (access ? access->server.empty() : access.error().message.empty())
        std::abort();
    return 0;
}
