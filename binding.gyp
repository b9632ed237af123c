{
  # npm runs node-gyp by itself where it sees this file and no script called install; package.json has one that only
  # says how to build (and gypfile: false), for without libnode node-gyp fails, and run for a clone that another
  # project depends on it would replace what the clone has built.
  #
  # The native parts. Variables (node-gyp ... --name=value):
  #   libnode_lib_dir   folder with libnode.so for the linker; empty = the system's folders
  #   libnode_rpath     folder where the loader may find libnode at run time besides $ORIGIN and the
  #                     system's; empty = none. For trees that keep libnode in a folder of their own.
  # `--debug` builds the same targets with AddressSanitizer and UndefinedBehaviorSanitizer (build/Debug).
  'variables': {
    'libnode_lib_dir%': '',
    'libnode_rpath%': '',
    'shim_sources': [
      'native-shim/control_group.cc',
      'native-shim/event_layout.cc',
      'native-shim/event_queues.cc',
      'native-shim/group_sender.cc',
      'native-shim/host_layout.cc',
      'native-shim/host_program.cc',
      'native-shim/layout_detector.cc',
      'native-shim/log.cc',
      'native-shim/preflight.cc',
      'native-shim/ring.cc',
      'native-shim/sqlite_slot.cc',
    ],
    'host_sources': [
      'test/native-host/commands.c',
      'test/native-host/console.c',
      'test/native-host/driver_slot.c',
      'test/native-host/event.c',
      'test/native-host/flood.c',
      'test/native-host/limits.c',
      'test/native-host/main.c',
      'test/native-host/output.c',
      'test/native-host/probes.c',
      'test/native-host/process_state.c',
    ],
    'warning_flags': ['-Wall', '-Wextra', '-Wshadow', '-Wno-unused-parameter'],
  },
  'target_defaults': {
    'product_prefix': '',
    # Dates after 2038 on 32-bit processors.
    'defines': ['_FILE_OFFSET_BITS=64', '_TIME_BITS=64'],
    'defines!': ['DEBUG', '_DEBUG', 'V8_ENABLE_CHECKS', 'V8_IMMINENT_DEPRECATION_WARNINGS'],
    'cflags!': ['-Wno-unused-parameter', '-O0'],
    'cflags': ['<@(warning_flags)'],
    'cflags_cc!': ['-fno-exceptions', '-fno-rtti'],
    'cflags_c': ['-std=c11'],
    'ldflags!': ['-rdynamic'],
    'configurations': {
      'Debug': {
        'cflags': [
          '-O1', '-g', '-fno-omit-frame-pointer', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined',
          # libnode is built without RTTI, which the vptr check would need.
          '-fno-sanitize=vptr',
        ],
        'ldflags': ['-fsanitize=address,undefined'],
        'defines': ['WSD_SANITIZED'],
      },
    },
  },
  'targets': [
    {
      'target_name': 'vscpl2drv-websocksrv',
      'type': 'shared_library',
      'product_name': 'libvscpl2drv-websocksrv',
      'product_extension': 'so',
      'sources': [
        '<@(shim_sources)',
        'native-shim/bridge_api.cc',
        'native-shim/driver.cc',
        'native-shim/environment.cc',
        'native-shim/instance.cc',
        'native-shim/lifecycle.cc',
        'native-shim/process_runtime.cc',
        'native-shim/thread.cc',
      ],
      'defines': [
        'DRIVER_VERSION="<!(node -p "require(\'./package.json\').version")"',
        'LIBNODE_FILES="<!(node native-shim/libnode-files.mjs <(node_root_dir))"',
      ],
      # As system folders, so that warnings are ours; uv.h lies one above Node's headers.
      'cflags': [
        '-fvisibility=hidden', '-fPIC',
        '-isystem', '<(node_root_dir)/include/node', '-idirafter', '<(node_root_dir)/include',
      ],
      'cflags_cc': ['-fvisibility-inlines-hidden'],
      'ldflags': [
        '-Wl,--version-script=<(module_root_dir)/native-shim/exports.map',
        '-Wl,-z,nodelete', '-Wl,-z,relro', '-Wl,-z,now',
        "-Wl,-rpath,'$$ORIGIN'",
        # A host opens the library through a link in its drivers' folder; the loader takes that folder for $ORIGIN.
        '-Wl,-rpath,/usr/lib/vscpl2drv-websocksrv',
      ],
      # By file name: Debian's development link for libuv may be absent where only the library is.
      'libraries': ['-lnode', '-l:libuv.so.1', '-ldl'],
      'conditions': [
        ['libnode_lib_dir!=""', { 'ldflags': ['-L<(libnode_lib_dir)'] }],
        ['libnode_rpath!=""', { 'ldflags': ['-Wl,-rpath,<(libnode_rpath)'] }],
      ],
    },
    {
      'target_name': 'vscp-l2-host',
      'type': 'executable',
      'product_name': 'vscp-l2-host',
      'product_extension': '',
      'sources': ['<@(host_sources)'],
      'include_dirs': ['native-shim'],
      'defines': ['_GNU_SOURCE', 'HOST_2026'],
      'libraries': ['-ldl'],
    },
    {
      'target_name': 'vscp-l2-host-classic',
      'type': 'executable',
      'product_name': 'vscp-l2-host-classic',
      'product_extension': '',
      'sources': ['<@(host_sources)'],
      'include_dirs': ['native-shim'],
      'defines': ['_GNU_SOURCE', 'HOST_CLASSIC'],
      'libraries': ['-ldl'],
    },
    {
      # For LD_PRELOAD: lets calls of the driver fail.
      'target_name': 'failing-calls',
      'type': 'shared_library',
      'product_name': 'failing-calls',
      'product_extension': 'so',
      'sources': ['test/native-host/failing_calls.cc'],
      # It has the functions of both sizes of offsets.
      'defines!': ['_FILE_OFFSET_BITS=64', '_TIME_BITS=64'],
      'defines': ['_GNU_SOURCE'],
      'cflags': ['-fPIC'],
      'libraries': ['-ldl'],
    },
    {
      # Units that need no Node: rings, queues, handle table, layouts.
      'target_name': 'native-tests',
      'type': 'executable',
      'product_name': 'native-tests',
      'product_extension': '',
      'sources': ['<@(shim_sources)', 'test/native/native_tests.cc'],
      'include_dirs': ['native-shim'],
    },
    {
      'target_name': 'native-tests-tsan',
      'type': 'executable',
      'product_name': 'native-tests-tsan',
      'product_extension': '',
      'sources': ['<@(shim_sources)', 'test/native/native_tests.cc'],
      'include_dirs': ['native-shim'],
      'configurations': {
        'Release': { 'cflags': ['-fsanitize=thread', '-g', '-O1'], 'ldflags': ['-fsanitize=thread'] },
      },
      # ThreadSanitizer needs a 64-bit address space.
      'conditions': [['target_arch=="arm" or target_arch=="ia32"', { 'type': 'none' }]],
    },
  ],
}
