
namespace ComputeVoucher.Cli.Tests;

public sealed class SuggestionTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("LISTEN", "listen", 0)]
    public void Edits_Pairs_Levenshtein(string left, string right, int edits) =>
        Assert.Equal(edits, Suggestion.Edits(left, right));

    [Theory]
    [InlineData("servee", "serve")]
    [InlineData("chian", "chain")]
    [InlineData("addres", "address")]
    [InlineData("watch", null)]
    [InlineData("wath", null)]
    [InlineData("", null)]
    public void Nearest_WithinAFewEdits_OrNone(string word, string? near) => Assert.Equal(
        near, Suggestion.Nearest(word, ["trace", "bench", "serve", "chain", "address", "key"]));

    [Fact]
    public void Nearest_FarFromAll_Null() =>
        Assert.Null(Suggestion.Nearest("something quite different", ["a", "b"]));
}
