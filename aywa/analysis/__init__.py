"""What is made of calls when they are over: summary, data by schemas, a judgement."""
