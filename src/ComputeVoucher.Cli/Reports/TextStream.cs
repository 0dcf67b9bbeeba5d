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
    private readonly string _prompt;
    private bool _isBegun;
    private int _idBytes;
    private bool _isGone;

    /// <param name="tokenizer">The model's.</param>
    /// <param name="prompt">Shown with the first token, so that no notice tears them apart.</param>
    /// <param name="onGone">Called once, when nobody reads on.</param>
    public TextStream(Tokenizer tokenizer, string prompt, Action onGone)
    {
        (_onGone, _prompt) = (onGone, prompt);
        _text = tokenizer.CreateText();
        foreach (int id in tokenizer.EncodePrompt(prompt))
        {
            _ = _text.Append(id);
        }
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

    /// <summary>The end of the line, if there is one.</summary>
    /// <param name="isServed">Then the prompt is shown behind which no token came, too.</param>
    public void End(bool isServed)
    {
        if (isServed || _isBegun)
        {
            Write(_text.End() + "\n");
        }
    }

    private void Write(string piece)
    {
        string shown = _isBegun ? piece : _prompt + piece;
        _isBegun = true;
        if (!_isGone && !StandardOutput.TryWrite(shown))
        {
            _isGone = true;
            _onGone();
        }
    }
}
