// Text of bounded length without allocation: what the shim has to say when no memory is left must fit into
// memory that it already has, and an allocation that fails in a noexcept function would end the host.
//
// Threads: as for any plain value.
#ifndef WSD_FIXED_TEXT_H_
#define WSD_FIXED_TEXT_H_

#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <string_view>

namespace wsd {

// Keeps at most kSize - 1 bytes; longer text is cut.
template <size_t kSize>
class FixedText {
 public:
  FixedText() noexcept = default;
  explicit FixedText(std::string_view text) noexcept { Assign(text); }

  void Assign(std::string_view text) noexcept {
    size_ = text.copy(bytes_, kSize - 1);
    bytes_[size_] = '\0';
  }

  // As printf does.
  __attribute__((format(printf, 2, 3))) void Format(const char* format, ...) noexcept {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(bytes_, kSize, format, arguments);
    va_end(arguments);
    size_ = length < 0 ? 0 : std::min(static_cast<size_t>(length), kSize - 1);
    bytes_[size_] = '\0';
  }

  void Clear() noexcept { Assign({}); }
  bool empty() const noexcept { return size_ == 0; }
  size_t size() const noexcept { return size_; }
  const char* c_str() const noexcept { return bytes_; }
  std::string_view view() const noexcept { return {bytes_, size_}; }

 private:
  size_t size_ = 0;
  char bytes_[kSize] = {};
};

// One line for a log.
using LineText = FixedText<512>;
// Why something failed; may hold a list of problems or the top of a JavaScript stack.
using ReasonText = FixedText<2048>;

}  // namespace wsd

#endif  // WSD_FIXED_TEXT_H_
