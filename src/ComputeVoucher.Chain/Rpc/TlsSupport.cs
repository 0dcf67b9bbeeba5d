using System;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Chain;

/// <summary>Whether https can work here. The runtime ends the process, without an exception, when
/// the first https request finds no libssl, so this is asked before.</summary>
public static class TlsSupport
{
    // The names that the runtime's own shim tries, newest first
    // (dotnet/runtime, src/native/libs/System.Security.Cryptography.Native/opensslshim.c).
    private static readonly string[] s_names = ["libssl.so.3", "libssl.so.1.1"];

    /// <summary>True where a libssl that .NET can use is found by the loader.</summary>
    public static bool IsAvailable()
    {
        foreach (string name in s_names)
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
            {
                NativeLibrary.Free(handle);
                return true;
            }
        }

        return false;
    }

    /// <summary>Refuses an https URL where libssl is missing.</summary>
    /// <exception cref="ChainException">One line with the remedy.</exception>
    public static void Require(Uri endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint.Scheme == Uri.UriSchemeHttps && !IsAvailable())
        {
            throw new ChainException(
                ChainFault.Misconfigured,
                $"{endpoint.Host}: https needs libssl, which this system lacks; "
                    + "install libssl3 (Debian) or use an http URL");
        }
    }
}
