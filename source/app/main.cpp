#include <soteria/app/run.hpp>

int main(int count, char** arguments) {
    return soteria::app::run({arguments, static_cast<std::size_t>(count)});
}
