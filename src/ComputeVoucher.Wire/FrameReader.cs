using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using ComputeVoucher.Wire.Internal;

namespace ComputeVoucher.Wire;

/// <summary>
/// Cuts a byte stream into frames. Total (any bytes give frames or one refusal), incremental (the
/// result does not depend on how the bytes are split), pure (no clock, no I/O). A header is judged
/// as soon as its 12 bytes are there, before anything is rented; a frame that lies whole in the
/// input is returned in place; otherwise the buffer grows with the bytes that have come, so that a
/// length on its own costs the sender's bytes, not ours. Not thread safe.
/// </summary>
public sealed class FrameReader
{
    /// <summary>Smallest buffer for an unfinished payload: one page.</summary>
    private const int PartialBytesMin = 4096;

    private readonly WireRole _sender;
    private readonly int _orderBytesMax;
    private HeaderBytes _head;
    private int _headBytes;
    private FrameHeader _header;
    private byte[]? _body;
    private int _bodyBytes;
    private bool _bodyReturned;
    private bool _first = true;

    /// <param name="sender">Whose frames these are: the other end.</param>
    /// <param name="orderBytesMax">Longest payload of an Order that is taken.</param>
    public FrameReader(WireRole sender, int orderBytesMax = WireProtocol.FrameBytesMax) =>
        (_sender, _orderBytesMax) = (sender, orderBytesMax);

    /// <summary>Why it refused; None while it has not.</summary>
    public WireReason Refusal { get; private set; }

    /// <summary>True at a frame boundary.</summary>
    public bool IsIdle => _headBytes == 0 || _bodyReturned;

    /// <summary>Bytes rented for an unfinished frame.</summary>
    public int HeldBytes => _body?.Length ?? 0;

    /// <summary>False: so many bytes more do not end the frame that has begun.</summary>
    internal bool MayEndWithin(int bytes) =>
        IsIdle || _headBytes < WireProtocol.HeaderBytes || _header.Length - _bodyBytes <= bytes;

    /// <summary>
    /// Takes bytes off the front of the input until a frame ends or the input does.
    /// </summary>
    /// <param name="input">Any bytes; what was used is cut off.</param>
    /// <param name="frame">The frame, when the status says so.</param>
    public FrameStatus Read(ref ReadOnlySpan<byte> input, out Frame frame)
    {
        frame = default;
        ReleaseReturned();
        if (Refusal != WireReason.None)
        {
            return FrameStatus.Refused;
        }

        if (_headBytes < WireProtocol.HeaderBytes && !ReadHeader(ref input))
        {
            return Refusal == WireReason.None ? FrameStatus.NeedMore : FrameStatus.Refused;
        }

        int length = (int)_header.Length;
        ReadOnlySpan<byte> payload;
        if (_bodyBytes == 0 && input.Length >= length)
        {
            payload = input[..length];
            input = input[length..];
            _headBytes = 0;
        }
        else if (!Append(ref input, length))
        {
            return FrameStatus.NeedMore;
        }
        else
        {
            payload = _body.AsSpan(0, length);
            _bodyReturned = true;
        }

        Refusal = FrameRules.CheckPayload(_header.Kind, payload);
        if (Refusal != WireReason.None)
        {
            return FrameStatus.Refused;
        }

        _first = false;
        frame = new Frame(_header, payload);
        return FrameStatus.Frame;
    }

    /// <summary>
    /// Gives its buffer back; an unfinished frame is forgotten. Nothing may follow.
    /// </summary>
    public void Release() => Reset();

    /// <summary>
    /// Gives back the buffer of the frame returned last; its payload is no longer valid.
    /// </summary>
    internal void ReleaseReturned()
    {
        if (_bodyReturned)
        {
            Reset();
        }
    }

    private bool ReadHeader(ref ReadOnlySpan<byte> input)
    {
        if (_headBytes == 0 && input.Length >= WireProtocol.HeaderBytes)
        {
            _header = FrameHeader.Read(input);
            input = input[WireProtocol.HeaderBytes..];
        }
        else
        {
            int taken = Math.Min(WireProtocol.HeaderBytes - _headBytes, input.Length);
            input[..taken].CopyTo(((Span<byte>)_head)[_headBytes..]);
            input = input[taken..];
            _headBytes += taken;
            if (_headBytes < WireProtocol.HeaderBytes)
            {
                return false;
            }

            _header = FrameHeader.Read(_head);
        }

        _headBytes = WireProtocol.HeaderBytes;
        Refusal = FrameRules.CheckHeader(_header, _sender, _first);
        if (Refusal == WireReason.None
            && _header.Kind == FrameKind.Order && _header.Length > _orderBytesMax)
        {
            Refusal = WireReason.BadLength;
        }

        return Refusal == WireReason.None;
    }

    private bool Append(ref ReadOnlySpan<byte> input, int length)
    {
        int taken = Math.Min(length - _bodyBytes, input.Length);
        if (taken > 0)
        {
            Grow(_bodyBytes + taken, length);
            input[..taken].CopyTo(_body.AsSpan(_bodyBytes));
            input = input[taken..];
            _bodyBytes += taken;
        }

        return _bodyBytes == length;
    }

    private void Grow(int needed, int length)
    {
        if (_body is not null && _body.Length >= needed)
        {
            return;
        }

        int doubled = _body is null ? PartialBytesMin : _body.Length * 2;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(length, Math.Max(needed, doubled)));
        if (_body is not null)
        {
            _body.AsSpan(0, _bodyBytes).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_body);
        }

        _body = larger;
    }

    private void Reset()
    {
        if (_body is not null)
        {
            ArrayPool<byte>.Shared.Return(_body);
            _body = null;
        }

        _headBytes = 0;
        _bodyBytes = 0;
        _bodyReturned = false;
    }

    [InlineArray(WireProtocol.HeaderBytes)]
    private struct HeaderBytes
    {
        private byte _first;
    }
}

/// <summary>What one step of <see cref="FrameReader"/> found.</summary>
public enum FrameStatus
{
    /// <summary>The input is used up; a frame may have begun.</summary>
    NeedMore,

    /// <summary>A whole, valid frame.</summary>
    Frame,

    /// <summary>The bytes break the protocol; the reader stays in this state.</summary>
    Refused,
}

/// <summary>A whole, valid frame; its payload is valid until the reader's next step.</summary>
public readonly ref struct Frame
{
    internal Frame(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        Header = header;
        Payload = payload;
    }

    /// <summary>Length, kind, flags and correlation.</summary>
    public FrameHeader Header { get; }

    /// <summary>The bytes after the header.</summary>
    public ReadOnlySpan<byte> Payload { get; }
}

/// <summary>The two ends of a connection.</summary>
public enum WireRole
{
    /// <summary>Sends orders.</summary>
    Client,

    /// <summary>Serves them.</summary>
    Node,
}
