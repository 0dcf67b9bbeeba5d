using System;
using System.Buffers.Binary;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary>Shows the tokens of one answer as text behind its prompt, as they arrive.</summary>
internal sealed class TextStream
{
    private readonly byte[] _id = new byte[4];
    private readonly TokenText _text;
    private readonly Action _onGone;
    private int _idBytes;
    private bool _isGone;

    /// <param name="tokenizer">The model's.</param>
    /// <param name="prompt">Shown at once.</param>
    /// <param name="onGone">Called once, when nobody reads on.</param>
    public TextStream(Tokenizer tokenizer, string prompt, Action onGone)
    {
        _onGone = onGone;
        _text = tokenizer.CreateText();
        foreach (int id in tokenizer.EncodePrompt(prompt))
        {
            _ = _text.Append(id);
        }

        Write(prompt);
    }

    /// <summary>Ids are 4 bytes each, and a frame may end within one.</summary>
    public void Show(ReadOnlyMemory<byte> bytes)
    {
        foreach (byte one in bytes.Span)
        {
            _id[_idBytes++] = one;
            if (_idBytes == _id.Length)
            {
                _idBytes = 0;
                Write(_text.Append(BinaryPrimitives.ReadInt32LittleEndian(_id)));
            }
        }
    }

    public void End() => Write(_text.End() + "\n");

    private void Write(string piece)
    {
        if (!_isGone && !StandardOutput.TryWrite(piece))
        {
            _isGone = true;
            _onGone();
        }
    }
}
