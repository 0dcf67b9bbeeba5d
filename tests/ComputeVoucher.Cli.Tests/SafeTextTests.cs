using System.Text;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What a node may put into an answer or an error text.</summary>
public sealed class SafeTextTests
{
    [Theory]
    [InlineData("plain\ttext\n", "plain\ttext\n")]
    [InlineData("\u001b]52;c;aGk=\u0007", @"\x1b]52;c;aGk=\x07")]
    [InlineData("\u009b2J\u007f\r", @"\x9b2J\x7f\x0d")]
    [InlineData("a\u202eb\u2066c\u2028d\ufeff", @"a\u202eb\u2066c\u2028d\ufeff")]
    [InlineData("\U000e0041", @"\U000e0041")]
    [InlineData("👩\u200d🚀 Größe 日本", "👩\u200d🚀 Größe 日本")]
    public void Escape_ShowsWhatATerminalWouldObey(string text, string shown) =>
        Assert.Equal(shown, SafeText.Escape(text));

    /// <summary>Every character there is: a terminal gets none that it obeys, a line none that ends
    /// or turns it.</summary>
    [Fact]
    public void EveryRune_IsHarmlessAfterwards()
    {
        const string Obeyed = @"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}-[\t\n\u200C\u200D]]";
        StringBuilder all = new();
        for (int value = 0; value <= 0x10FFFF; value++)
        {
            if (Rune.IsValid(value))
            {
                all.Append(new Rune(value));
            }
        }

        Assert.DoesNotMatch(Obeyed, SafeText.Escape(all.ToString()));
        Assert.DoesNotMatch(@"[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]",
            SafeText.OneLine(all.ToString(), int.MaxValue));
    }

    [Fact]
    public void OneLine_LongText_IsCut() =>
        Assert.Equal("a b c…", SafeText.OneLine("a\nb\u2028cdef", 5));
}
