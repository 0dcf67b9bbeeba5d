using ComputeVoucher.TestKit;

namespace ComputeVoucher.Node.Tests;

/// <summary>A fault that is seen at every look is some lines of the log a day.</summary>
[Trait("Category", "load")]
public sealed class OnceToldTests
{
    private const int Day = 86_400;

    private readonly ManualClock _clock = new();
    private readonly OnceTold _told;

    public OnceToldTests() => _told = new OnceTold(_clock);

    [Fact]
    public void Lasting_WithFiguresThatMove_ToldAtOnceAndSomeTimesADay()
    {
        Assert.False(_told.IsNews(null));
        Assert.True(_told.IsNews("the newest block 7 is 121 s old"));
        int lines = 0;
        for (int second = 0; second < Day; second += 10)
        {
            lines += _told.IsNews($"the newest block 7 is {122 + second} s old") ? 1 : 0;
            _clock.Advance(10);
        }

        Assert.InRange(lines, 24, 150);
        Assert.True(_told.IsNews(null));
        Assert.False(_told.IsNews(null));
    }

    /// <summary>Away and back at every look: both are told, and seldom.</summary>
    [Fact]
    public void ComingAndGoing_ToldOnceAMinute()
    {
        int lines = 0;
        for (int second = 0; second < 3_600; second += 4)
        {
            lines += _told.IsNews("it is away") ? 1 : 0;
            _clock.Advance(2);
            lines += _told.IsNews(null) ? 1 : 0;
            _clock.Advance(2);
        }

        Assert.InRange(lines, 60, 122);
    }

    [Fact]
    public void TakingTurns_ToldOnceAMinuteEach()
    {
        int lines = 0;
        for (int second = 0; second < 3_600; second += 4)
        {
            lines += _told.IsNews("one is away") ? 1 : 0;
            lines += _told.IsNews("the other is away") ? 1 : 0;
            _clock.Advance(4);
        }

        Assert.InRange(lines, 60, 122);
    }

    [Fact]
    public void OtherWords_ToldAtOnce()
    {
        Assert.True(_told.IsNews("one is away"));
        Assert.True(_told.IsNews("the other is away"));
        Assert.True(_told.IsNews(null));
        Assert.True(_told.IsNews("a third is away"));
    }
}
