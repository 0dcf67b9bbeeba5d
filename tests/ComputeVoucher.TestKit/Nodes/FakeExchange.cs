using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Wire;

namespace ComputeVoucher.TestKit;

/// <summary>An order or a request without a network, which keeps what it is answered.</summary>
public sealed class FakeExchange : IOrderStream, IWireRequest, IWireConnection
{
    private readonly TaskCompletionSource<byte[]?> _answered =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IWireConnection Connection => this;

    public FrameKind Kind { get; init; }

    public uint Correlation => 1;

    public ReadOnlyMemory<byte> Order { get; init; }

    public ReadOnlyMemory<byte> Signature { get; init; }

    public ReadOnlyMemory<byte> Input { get; init; }

    public ReadOnlyMemory<byte> Payload { get; init; }

    public long Id => 1;

    public IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Loopback, 1);

    public Bytes32 Nonce { get; init; }

    public bool IsOpen { get; set; } = true;

    /// <summary>Who was shown to pay.</summary>
    public Address? Payer { get; private set; }

    public CancellationToken Closed => CancellationToken.None;

    public object? Tag { get; set; }

    /// <summary>The receipt or reply; null after an error.</summary>
    public Task<byte[]?> Answer => _answered.Task;

    public List<byte> Output { get; } = [];

    /// <summary>What was sent, in its order.</summary>
    public List<FrameKind> Sent { get; } = [];

    public (ushort Reason, bool Retryable)? Error { get; private set; }

    /// <summary>The sentence of the error; empty before.</summary>
    public string ErrorText { get; private set; } = "";

    public bool SendAccept(ReadOnlySpan<byte> accept)
    {
        Sent.Add(FrameKind.Accept);
        return true;
    }

    public bool SendOutput(uint step, ReadOnlySpan<byte> bytes, bool last)
    {
        Output.AddRange(bytes);
        Sent.Add(FrameKind.Output);
        return true;
    }

    public ValueTask<bool> SendOutputAsync(uint step, ReadOnlyMemory<byte> bytes, bool last) =>
        ValueTask.FromResult(SendOutput(step, bytes.Span, last));

    public bool SendReceipt(ReadOnlySpan<byte> receipt) => _answered.TrySetResult([.. receipt]);

    public bool Reply(ReadOnlySpan<byte> payload) => _answered.TrySetResult([.. payload]);

    public bool SendError(ushort reason, string text, bool retryable)
    {
        Error = (reason, retryable);
        ErrorText = text;
        return _answered.TrySetResult(null);
    }

    public bool Fail(ushort reason, string text, bool retryable) =>
        SendError(reason, text, retryable);

    /// <summary>Whether the payer may have one connection more.</summary>
    public bool HasRoom { get; init; } = true;

    /// <summary>The input went back before the answer.</summary>
    public bool IsInputReleased { get; private set; }

    public bool Prove(in Address payer)
    {
        Payer = HasRoom ? Payer ?? payer : Payer;
        return HasRoom;
    }

    public void ReleaseInput() => IsInputReleased = true;

    public void Close(ushort reason, string text, bool abusive = false)
    {
    }

    public void Dispose()
    {
    }
}
