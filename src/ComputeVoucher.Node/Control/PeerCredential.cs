using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Node;

/// <summary>Who is at the other end of a Unix socket, as the kernel says: SO_PEERCRED.</summary>
/// <param name="Process">Its number.</param>
/// <param name="User">Its effective user when it connected.</param>
internal readonly partial record struct PeerCredential(int Process, uint User)
{
    // SOL_SOCKET and SO_PEERCRED of Linux on x86-64 and arm64; struct ucred is pid, uid, gid.
    private const int SocketLevel = 1;
    private const int PeerCred = 17;
    private const int UcredBytes = 12;

    /// <summary>The superuser, who may read the files of any user anyway.</summary>
    private const uint Root = 0;

    /// <summary>Whether that user may tell this process what to do.</summary>
    public bool IsTrusted => User == Root || User == geteuid();

    /// <exception cref="SocketException">The kernel does not say.</exception>
    public static PeerCredential Of(Socket socket)
    {
        Span<byte> ucred = stackalloc byte[UcredBytes];
        int read = socket.GetRawSocketOption(SocketLevel, PeerCred, ucred);
        return read == UcredBytes
            ? new PeerCredential(
                MemoryMarshal.Read<int>(ucred), MemoryMarshal.Read<uint>(ucred[4..]))
            : throw new SocketException((int)SocketError.OperationNotSupported);
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
