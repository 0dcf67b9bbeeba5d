using System.Net;
using System.Threading;

namespace ComputeVoucher.Wire;

/// <summary>One client of the node, as a handler sees it. Thread safe.</summary>
public interface IWireConnection
{
    /// <summary>Number of the connection since the server started, for logs.</summary>
    long Id { get; }

    /// <summary>The other end.</summary>
    IPEndPoint RemoteEndPoint { get; }

    /// <summary>False as soon as the connection is closing.</summary>
    bool IsOpen { get; }

    /// <summary>Cancelled when the connection is closing; made on first use.</summary>
    CancellationToken Closed { get; }

    /// <summary>Whatever the handler wants to keep with the connection.</summary>
    object? Tag { get; set; }

    /// <summary>
    /// Sends a last Error and closes. With <paramref name="abusive"/> (a bad signature, say) the
    /// address also loses a token, and is refused for a while when it has none left.
    /// </summary>
    void Close(ushort reason, string text, bool abusive = false);
}
