"""Getting out: privileges, namespaces, the kernel's less used calls, and changes that outlive the session."""

from tests.attacks.attack import Theme

ESCAPES = Theme(
    "escapes",
    """
    def be_root():
        os.setuid(0)
        return os.geteuid() == 0 and os.access("/etc/shadow", os.R_OK)
    def a_setuid_program():
        for command in (["su", "-c", "id -u"], ["sudo", "-n", "id", "-u"], ["newgrp", "root", "-c", "id -u"]):
            done = subprocess.run(command, capture_output=True, text=True, timeout=5, input="")
            if done.stdout.strip() == "0": return True
    def a_new_user_namespace():
        child = os.fork()
        if child == 0: os._exit(0 if libc.unshare(0x10000000) == 0 else 1)
        return os.waitpid(child, 0)[1] == 0
    def a_new_namespace_by_clone():
        pid = call(56, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
        if pid == 0: os._exit(0)
        return pid > 0
    def a_new_namespace_by_clone3():
        arguments = struct.pack("11Q", 0x10000000, 0, 0, 0, signal.SIGCHLD, *[0] * 6)
        pid = call(435, arguments, len(arguments))
        if pid == 0: os._exit(0)
        return pid > 0
    def the_namespaces_of_process_1():
        return libc.setns(os.open("/proc/1/ns/mnt", os.O_RDONLY), 0) == 0 and os.path.exists(facts["canary"])
    def a_mount():
        return libc.mount(b"none", b"/mnt", b"tmpfs", 0, None) == 0 and libc.umount2(b"/mnt", 2) == 0
    def another_root():
        os.makedirs("jail", exist_ok=True)
        child = os.fork()
        if child == 0:
            try: os.chroot("jail")
            except OSError: os._exit(1)
            os._exit(0)
        return os.waitpid(child, 0)[1] == 0
    def a_device_node():
        os.mknod("device", 0o600 | 0o020000, os.makedev(1, 1))
        return open("device", "rb")
    def keys_of_the_kernel():
        return call(250, 0, -5, 1) > 0
    def a_bpf_program():
        return call(321, 0, struct.pack("IIIII", 1, 4, 4, 1, 0), 20) >= 0
    def counters_of_the_processor():
        return call(298, struct.pack("IIQ", 1, 112, 0) + bytes(96), 0, -1, -1, 0) >= 0
    def io_uring():
        return call(425, 1, bytes(120)) >= 0
    def page_faults_of_its_own():
        return call(323, 1) >= 0
    def another_kernel():
        return call(246, 0, 0, 0, 0) == 0
    def a_kernel_module():
        return call(313, -1, b"", 0) < 0 and ctypes.get_errno() == 9  # a bad file, but a permitted call
    def files_by_handle():
        handle = struct.pack("Ii", 128, 0) + bytes(128)
        return call(303, -100, b"/", handle, ctypes.byref(ctypes.c_int()), 0) == 0
    def the_name_of_the_host():
        socket.sethostname(socket.gethostname())
        return True
    def a_higher_priority():
        os.nice(-5)
        return True
    def a_core_pattern():
        return open("/proc/sys/kernel/core_pattern", "r+").close() is None
    def a_magic_key():
        return open("/proc/sysrq-trigger", "a").close() is None
    def its_own_group_of_resources():
        os.mkdir("/sys/fs/cgroup/mine")
        return True
    def the_out_of_memory_killer():
        return os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000")
    def higher_limits():
        import resource
        resource.setrlimit(resource.RLIMIT_NPROC, (100_000, 100_000))
        resource.setrlimit(resource.RLIMIT_NOFILE, (100_000, 100_000))
        return True
    def poison_for_the_next_session():
        import ipykernel
        path = os.path.join(os.path.dirname(ipykernel.__file__), "poison.py")
        open(path, "w").close()
        os.remove(path)
        return True
    def a_program_of_the_system():
        open("/usr/local/bin/poison", "w").close()
        os.remove("/usr/local/bin/poison")
        return True
    def its_own_interpreter():
        return open("/proc/self/exe", "r+b").close() is None
    """,
    frozenset(
        [
            "be_root",
            "a_mount",
            "another_root",
            "the_name_of_the_host",
            "a_higher_priority",
            "a_core_pattern",
            "poison_for_the_next_session",
            "a_program_of_the_system",
        ]
    ),
)
