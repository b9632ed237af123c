// libFuzzer in Node: its mutations, its corpus and its search, with counters that JavaScript increments.
// JavaScript calls run(arguments, counters, target); what libFuzzer tries comes back as Buffers.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#define NAPI_VERSION 8
#include <node_api.h>

extern "C" {
int LLVMFuzzerRunDriver(int* argc, char*** argv, int (*target)(const uint8_t* data, size_t size));
void __sanitizer_cov_8bit_counters_init(uint8_t* begin, uint8_t* end);
void __sanitizer_cov_pcs_init(const uintptr_t* begin, const uintptr_t* end);
}

namespace {

napi_env current_env;
napi_value current_target;

[[noreturn]] void Die(const char* why) {
  dprintf(STDERR_FILENO, "engine: %s\n", why);
  _exit(1);
}

void Must(napi_status status, const char* what) {
  if (status != napi_ok) Die(what);
}

/** What libFuzzer tries; the target keeps its own record of what went wrong and never throws. */
int CallTarget(const uint8_t* data, size_t size) {
  napi_handle_scope scope;
  Must(napi_open_handle_scope(current_env, &scope), "no handle scope");
  napi_value input;
  napi_value receiver;
  Must(napi_create_buffer_copy(current_env, size, data, nullptr, &input), "no buffer");
  Must(napi_get_undefined(current_env, &receiver), "no receiver");
  Must(napi_call_function(current_env, receiver, current_target, 1, &input, nullptr), "the target threw");
  Must(napi_close_handle_scope(current_env, scope), "no end of the handle scope");
  return 0;
}

std::string TextOf(napi_env env, napi_value value) {
  size_t length = 0;
  Must(napi_get_value_string_utf8(env, value, nullptr, 0, &length), "an argument is no text");
  std::string text(length, '\0');
  Must(napi_get_value_string_utf8(env, value, text.data(), length + 1, &length), "an argument is no text");
  return text;
}

/** libFuzzer wants an address of code for each counter, to count and name them: here their numbers. */
void Register(uint8_t* counters, size_t count) {
  static std::vector<uintptr_t> entries;
  for (size_t i = 0; i < count; i++) {
    entries.push_back(i + 1);
    entries.push_back(0);
  }
  __sanitizer_cov_8bit_counters_init(counters, counters + count);
  __sanitizer_cov_pcs_init(entries.data(), entries.data() + entries.size());
}

napi_value Run(napi_env env, napi_callback_info info) {
  size_t argc = 3;
  napi_value args[3];
  Must(napi_get_cb_info(env, info, &argc, args, nullptr, nullptr), "no arguments");
  uint32_t words = 0;
  Must(napi_get_array_length(env, args[0], &words), "the arguments are no array");
  static std::vector<std::string> texts;
  for (uint32_t i = 0; i < words; i++) {
    napi_value word;
    Must(napi_get_element(env, args[0], i, &word), "an argument is missing");
    texts.push_back(TextOf(env, word));
  }
  static std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);

  void* counters = nullptr;
  size_t count = 0;
  Must(napi_get_typedarray_info(env, args[1], nullptr, &count, &counters, nullptr, nullptr), "no counters");
  Register(static_cast<uint8_t*>(counters), count);

  current_env = env;
  current_target = args[2];
  int fuzzer_argc = static_cast<int>(words);
  char** fuzzer_argv = pointers.data();
  LLVMFuzzerRunDriver(&fuzzer_argc, &fuzzer_argv, CallTarget);
  return nullptr;
}

/** Ends the process without the ends of its threads: libFuzzer is still on the stack. */
napi_value Leave(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value arg;
  int32_t code = 1;
  Must(napi_get_cb_info(env, info, &argc, &arg, nullptr, nullptr), "no exit code");
  Must(napi_get_value_int32(env, arg, &code), "no exit code");
  _exit(code);
}

napi_value Init(napi_env env, napi_value exports) {
  const napi_property_descriptor properties[] = {
      {"run", nullptr, Run, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"leave", nullptr, Leave, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  Must(napi_define_properties(env, exports, 2, properties), "no exports");
  return exports;
}

}  // namespace

NAPI_MODULE(engine, Init)
