using System;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire.Internal;

/// <summary>What a <see cref="FrameSocket"/> tells its owner.</summary>
internal interface IFrameSink
{
    /// <summary>One frame; reading goes on when the task is done. Never overlaps itself.</summary>
    ValueTask OnFrame(Frame frame);

    /// <summary>Memory rented for an unfinished frame changed. False: over the bound.</summary>
    bool OnHeldBytes(int change);

    /// <summary>So many bytes have arrived and are handled.</summary>
    void OnReceived(int bytes);

    /// <summary>The connection begins to close; once, on any thread.</summary>
    void OnClosing();

    /// <summary>The owner's own code threw while it handled a frame.</summary>
    void OnFault(Exception fault);
}
