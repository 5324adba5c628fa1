"""Reading what is the host's: the agent's environment, memory, files, credentials; other sessions."""

from tests.attacks.attack import Theme

SECRETS = Theme(
    "secrets",
    """
    def environments_of_all_processes():
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                if b"LONGWIRE_API_URL" in open(path, "rb").read(): return True
            except OSError: pass
    def own_environment():
        return any(name.startswith(("LONGWIRE", "AWS")) for name in os.environ)
    def environment_that_it_was_executed_with():
        return b"LONGWIRE_API" in open("/proc/self/environ", "rb").read()
    def memory_of_the_agent():
        with open(f"/proc/{facts['agent']}/maps") as maps:
            start = int(maps.readline().split("-")[0], 16)
        with open(f"/proc/{facts['agent']}/mem", "rb") as memory:
            memory.seek(start)
            return memory.read(16)
    def memory_of_the_agent_by_a_system_call():
        with open(f"/proc/{facts['agent']}/maps") as maps:
            start = int(maps.readline().split("-")[0], 16)
        buffer = ctypes.create_string_buffer(16)
        class Vector(ctypes.Structure):
            _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
        mine, theirs = Vector(ctypes.addressof(buffer), 16), Vector(start, 16)
        return libc.process_vm_readv(facts["agent"], ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0) == 16
    def open_files_of_the_agent():
        return os.listdir(f"/proc/{facts['agent']}/fd")
    def the_agents_own_token():
        return open(facts["identity"]).read()
    def a_file_of_the_hosts_owner():
        return open(facts["canary"]).read()
    def a_file_in_the_hosts_tmp():
        return open(facts["tmp_canary"]).read()
    def the_hosts_passwords():
        return open("/etc/shadow").read()
    def the_hosts_users():
        return "root:" in open("/etc/passwd").read()
    def the_hosts_processes():
        return any(open(f"/proc/{pid}/comm").read().strip() == "systemd" or int(pid) == facts["agent"]
                   for pid in os.listdir("/proc") if pid.isdigit())
    def the_root_of_process_1():
        return os.path.exists("/proc/1/root" + facts["canary"])
    def a_link_to_a_file_of_the_host():
        os.symlink(facts["canary"], "link")
        return open("link").read()
    def a_disk_of_the_host():
        return open("/dev/vda", "rb").read(1)
    def the_memory_of_the_machine():
        return open("/dev/mem", "rb").read(1) or open("/proc/kcore", "rb").read(1)
    """,
    frozenset(
        [
            "environments_of_all_processes",
            "memory_of_the_agent",
            "open_files_of_the_agent",
            "the_agents_own_token",
            "a_file_of_the_hosts_owner",
            "a_file_in_the_hosts_tmp",
            "the_hosts_passwords",
            "the_hosts_users",
            "the_hosts_processes",
            "a_link_to_a_file_of_the_host",
        ]
    ),
)

NETWORK = Theme(
    "network",
    """
    def reach(*address):
        with socket.create_connection(address, 2) as connection:
            return connection.recv(2) == b"hi"
    def the_metadata_service():
        return reach("169.254.169.254", 80)
    def the_hosts_loopback():
        return reach("127.0.0.1", facts["port"])
    def the_hosts_loopback_by_ipv6():
        return reach("::1", facts["port6"])
    def a_public_address():
        return reach("9.9.9.11", facts["public_port"])
    def the_local_stack():
        with socket.create_connection(("127.0.0.1", facts["stack"]), 2): return True
    def a_name_server():
        return socket.gethostbyname("example.com")
    def an_abstract_socket_of_the_host():
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(chr(0) + facts["abstract"])
            return True
    def a_socket_in_the_hosts_tmp():
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(facts["unix"])
            return True
    def the_hypervisor():
        return socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    def the_kernels_netlink():
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    def raw_packets():
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW) or socket.socket(2, socket.SOCK_RAW, 1)
    """,
    frozenset(
        [
            "the_metadata_service",
            "the_hosts_loopback",
            "a_public_address",
            "the_local_stack",
            "an_abstract_socket_of_the_host",
            "a_socket_in_the_hosts_tmp",
        ]
    ),
)

SIBLINGS = Theme(
    "siblings",
    """
    others = []
    for path in glob.glob("/proc/[0-9]*/comm"):
        pid = int(path.split("/")[2])
        try:
            if pid != os.getpid() and open(path).read().startswith("longwire-kernel"): others.append(pid)
        except OSError: pass
    def see_a_sibling():
        return others
    def signal_a_sibling_or_the_agent():
        for pid in [*others, facts["agent"]]: os.kill(pid, 0)
        return True
    def trace_a_sibling():
        traced = [pid for pid in [*others, facts["agent"]] if libc.ptrace(16, pid, 0, 0) == 0]
        for pid in traced:
            os.waitpid(pid, 0x40000000)
            libc.ptrace(17, pid, 0, 0)
        return traced
    def find_a_siblings_sockets():
        return glob.glob(facts["work"] + "/**/k-*", recursive=True) or glob.glob("/tmp/longwire*/**/k-*")
    def connect_to_a_siblings_socket():
        for path in glob.glob(facts["work"] + "/**/k-1", recursive=True):
            with socket.socket(socket.AF_UNIX) as connection: connection.connect(path)
            return True
    def read_a_siblings_file():
        return glob.glob(facts["work"] + "/**/work/sibling-secret", recursive=True)
    def read_a_siblings_shared_memory():
        return os.path.exists("/dev/shm/sibling-secret")
    def read_a_siblings_ipc():
        return libc.shmget(0x51B1, 0, 0) >= 0
    def reach_a_siblings_abstract_socket():
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(chr(0) + "sibling-secret")
            return True
    def write_in_a_siblings_terminal():
        return [path for path in glob.glob("/dev/pts/[0-9]*") if open(path, "w")]
    """,
    frozenset(
        [
            "see_a_sibling",
            "signal_a_sibling_or_the_agent",
            "find_a_siblings_sockets",
            "connect_to_a_siblings_socket",
            "read_a_siblings_file",
            "read_a_siblings_shared_memory",
            "read_a_siblings_ipc",
            "reach_a_siblings_abstract_socket",
        ]
    ),
)
