using System;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire.Internal;

/// <summary>A request on the client's side that waits for its one answer.</summary>
internal sealed class PendingRequest(FrameKind answer)
{
    internal TaskCompletionSource<ReadOnlyMemory<byte>> Answer { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal bool Accepts(FrameKind kind) => kind == answer || kind == FrameKind.Error;

    internal void Take(Frame frame)
    {
        if (frame.Header.Kind == answer)
        {
            Answer.TrySetResult(frame.Payload.ToArray());
            return;
        }

        ushort reason = ErrorPayload.Reason(frame.Payload);
        string text = $"the node refused: {ErrorPayload.Text(frame.Payload)} (reason {reason})";
        Answer.TrySetException(new WireException(reason, text));
    }
}
