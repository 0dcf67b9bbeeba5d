using System;
using System.Text;

namespace ComputeVoucher.Execution;

/// <summary>
/// Ids → text as they arrive: a character whose bytes are spread over tokens appears with its last.
/// </summary>
public sealed class TokenText
{
    private readonly Tokenizer _tokenizer;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private bool _stripSpace;

    internal TokenText(Tokenizer tokenizer, bool stripSpace)
    {
        _tokenizer = tokenizer;
        _stripSpace = stripSpace;
    }

    /// <summary>The text that this id completes; invalid bytes become U+FFFD.</summary>
    /// <exception cref="ModelException">No such id.</exception>
    public string Append(int id)
    {
        if ((uint)id >= (uint)_tokenizer.Count)
        {
            throw new ModelException($"token {id}: the tokenizer has {_tokenizer.Count}");
        }

        ReadOnlySpan<byte> bytes = _tokenizer.BytesOf(id);
        if (_stripSpace && bytes.Length > 0)
        {
            _stripSpace = false;
            bytes = bytes[0] == (byte)' ' ? bytes[1..] : bytes;
        }

        return Convert(bytes, flush: false);
    }

    /// <summary>What a cut-off character leaves: U+FFFD, or nothing.</summary>
    public string End() => Convert([], flush: true);

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        char[] chars = new char[_decoder.GetCharCount(bytes, flush)];
        int count = _decoder.GetChars(bytes, chars, flush);
        return new string(chars, 0, count);
    }
}
